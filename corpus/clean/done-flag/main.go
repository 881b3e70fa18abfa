// The same loop asks a channel that is closed to stop it.
//
//hb:case clean row=7,9 pattern=done-flag
package main

import (
	"fmt"
	"time"
)

func main() {
	stop := make(chan struct{})
	stopped := make(chan int)
	reason := ""
	go func() {
		rounds := 0
		for {
			select {
			case <-stop:
				stopped <- rounds + len(reason)
				return
			case <-time.After(time.Millisecond):
				rounds++
			}
		}
	}()
	time.Sleep(3 * time.Millisecond)
	reason = "enough"
	close(stop)
	fmt.Println(<-stopped >= 6)
}
