// A counter is reset plainly that others count atomically.
//
//hb:expect variable=inflight what=variable missing=plain-beside-atomic fits=atomic
package main

import (
	"fmt"
	"sync/atomic"
)

var inflight int32

func handle(done chan<- bool) {
	atomic.AddInt32(&inflight, 1) // race: a
	done <- true
}

func reset() {
	inflight = 0 // race: b
}

func main() {
	done := make(chan bool)
	go handle(done)
	reset()
	<-done
	fmt.Println("reset")
}
