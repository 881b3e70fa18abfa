// Store buffering, atomic: one of the two stores is first.
//
//hb:allowed 0 1|1 0|1 1
//hb:forbidden 0 0
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x, y atomic.Int32
	var r1, r2 int32
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Store(1)
		r1 = y.Load()
	})
	wg.Go(func() {
		y.Store(1)
		r2 = x.Load()
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
