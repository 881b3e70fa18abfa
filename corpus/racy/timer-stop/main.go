// Stop returns false because the function was already started; it does not wait for it, nor order anything with it.
//
//hb:case racy row=20 pattern=shutdown
//hb:expect variable=expired what=variable missing=callback fits=atomic|channel
package main

import (
	"fmt"
	"time"
)

func main() {
	expired := false
	started := make(chan bool, 1)
	timeout := time.AfterFunc(time.Millisecond, func() {
		expired = true // race: a
		started <- true
	})
	for len(started) == 0 {
		time.Sleep(time.Millisecond)
	}
	if !timeout.Stop() {
		fmt.Println("timed out:", expired) // race: b
	}
	<-started
}
