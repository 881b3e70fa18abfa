// A worker loop asks a plain flag whether to stop.
//
//hb:case racy row=4,15 pattern=done-flag
//hb:expect variable=stop what=variable missing=unjoined fits=atomic|close-channel
package main

import (
	"fmt"
	"time"
)

func main() {
	stop := false
	stopped := make(chan int)
	go func() {
		rounds := 0
		for !stop { // race: a
			rounds++
			time.Sleep(time.Millisecond)
		}
		stopped <- rounds
	}()
	time.Sleep(3 * time.Millisecond)
	stop = true // race: b
	fmt.Println(<-stopped >= 0)
}
