// Two cleanups note what they released in one variable; cleanups may run concurrently with one another.
//
//hb:case racy row=21 pattern=counter
//hb:expect variable=released what=variable missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"runtime"
)

type block struct {
	data [128]byte
}

var released int

func allocate(done chan<- bool, size int) {
	b := &block{}
	b.data[0] = 1
	runtime.AddCleanup(b, func(size int) {
		released += size // race: a b
		done <- true
	}, size)
}

func main() {
	done := make(chan bool, 2)
	allocate(done, 1)
	allocate(done, 2)
	for len(done) < cap(done) {
		runtime.GC()
		runtime.Gosched()
	}
	<-done
	<-done
	fmt.Println(released > 0)
}
