// Cleanups run concurrently with the program and with each other; here they touch only atomics and a channel.
//
//hb:case clean row=21 pattern=counter
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

type conn struct {
	buf [64]byte
}

var live atomic.Int32

func dial(closed chan<- int, id int) *conn {
	c := &conn{}
	c.buf[0] = byte(id)
	live.Add(1)
	runtime.AddCleanup(c, func(id int) {
		live.Add(-1)
		closed <- id
	}, id)
	return c
}

func main() {
	closed := make(chan int, 3)
	for id := range cap(closed) {
		runtime.KeepAlive(dial(closed, id))
	}
	for len(closed) < cap(closed) {
		runtime.GC()
		runtime.Gosched()
	}
	fmt.Println(<-closed+<-closed+<-closed, live.Load())
}
