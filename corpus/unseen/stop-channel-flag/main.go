// A worker is stopped by a flag and waits for nothing else.
//
//hb:expect variable=stopped what=variable missing=siblings|unjoined|observed-nothing fits=atomic|close-channel
package main

import (
	"fmt"
	"time"
)

var stopped bool

func work(out chan<- int) {
	n := 0
	for !stopped { // race: a
		n++
		time.Sleep(time.Millisecond)
	}
	out <- n
}

func main() {
	out := make(chan int)
	go work(out)
	time.Sleep(3 * time.Millisecond)
	stopped = true // race: b
	fmt.Println(<-out >= 0)
}
