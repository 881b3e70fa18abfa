// A sender and the one that closes its channel do not know of each other.
//
//hb:expect variable=events what=variable missing=siblings|unjoined fits=channel|close-channel
package main

import (
	"fmt"
	"time"
)

func main() {
	events := make(chan int, 4)
	ended := make(chan bool, 1)
	go func() {
		events <- 1 // race: a
		ended <- true
	}()
	time.Sleep(20 * time.Millisecond)
	close(events) // race: b
	<-ended
	fmt.Println(len(events))
}
