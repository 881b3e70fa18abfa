// The writers use atomic.AddInt64, the reader reads the same word plainly.
//
//hb:case racy row=15 pattern=counter
//hb:expect variable=requests what=variable missing=plain-beside-atomic fits=atomic
//hb:stock varies where the atomic access came first, its stack lacks the user's frame
package main

import (
	"fmt"
	"sync/atomic"
)

var requests int64

func handle() {
	atomic.AddInt64(&requests, 1) // race: a
}

func main() {
	done := make(chan struct{})
	go func() {
		handle()
		close(done)
	}()
	early := requests // race: b
	<-done
	fmt.Println(early <= requests)
}
