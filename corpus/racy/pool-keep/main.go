// The scratch buffer is written after it was put back. New hands out the one buffer there is, so that in every run the
// second goroutine gets the same buffer, from the pool or from New.
//
//hb:case racy row=18 pattern=cache
//hb:expect variable=scratch.size what=field missing=after-release fits=before-release|own-copy
package main

import (
	"fmt"
	"sync"
)

type scratch struct {
	size int
}

var only = &scratch{}

var pool = sync.Pool{New: func() any { return only }}

func main() {
	var wg sync.WaitGroup
	wg.Go(func() {
		s := pool.Get().(*scratch)
		pool.Put(s)
		s.size = 0 // race: a
	})
	wg.Go(func() {
		s := pool.Get().(*scratch)
		s.size = 64 // race: b
	})
	wg.Wait()
	fmt.Println(only.size <= 64)
}
