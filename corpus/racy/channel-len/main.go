// len of a channel tells that something was sent; only receiving it orders what was written before.
//
//hb:case racy row=5 pattern=done-flag
//hb:expect variable=summary what=variable missing=polling fits=channel
package main

import (
	"fmt"
	"time"
)

func main() {
	var summary string
	ready := make(chan bool, 1)
	go func() {
		summary = "3 files changed" // race: a
		ready <- true
	}()
	for len(ready) == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(summary) // race: b
	<-ready
}
