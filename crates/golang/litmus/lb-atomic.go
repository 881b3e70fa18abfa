// Load buffering, atomic.
//
//hb:allowed 0 0|0 1|1 0
//hb:forbidden 1 1
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
		r1 = x.Load()
		y.Store(1)
	})
	wg.Go(func() {
		r2 = y.Load()
		x.Store(1)
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
