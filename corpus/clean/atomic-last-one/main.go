// A reference count: the goroutine that brings it to zero has observed every other decrement, and may take the buffer apart.
//
//hb:case clean row=15 pattern=shutdown
package main

import (
	"fmt"
	"sync/atomic"
)

type sharedBuffer struct {
	refs atomic.Int32
	data [4]int
	sum  int
}

func (b *sharedBuffer) release(done chan<- int) {
	if b.refs.Add(-1) == 0 {
		for _, v := range b.data {
			b.sum += v
		}
		done <- b.sum
	}
}

func main() {
	b := &sharedBuffer{}
	b.refs.Store(int32(len(b.data)))
	done := make(chan int)
	for i := range b.data {
		go func() {
			b.data[i] = i + 1
			b.release(done)
		}()
	}
	fmt.Println(<-done)
}
