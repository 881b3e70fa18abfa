// One timer is armed early and fires late; between, another goroutine writes and arms a timer of its own. The early timer's
// function is ordered after its own arming, not after everything that armed a timer before it fired.
//
//hb:case racy row=20 pattern=worker-pool
//hb:expect variable=status what=string missing=callback fits=mutex|channel
//hb:stock varies all timers of a P share one clock, so a function is ordered after the arming of every timer that fired on that P before
package main

import (
	"fmt"
	"time"
)

func main() {
	status := "starting"
	logged := make(chan int)
	time.AfterFunc(30*time.Millisecond, func() {
		logged <- len(status) // race: a
	})
	go func() {
		status = "ready" // race: b
		<-time.After(time.Millisecond)
	}()
	fmt.Println(<-logged > 0)
}
