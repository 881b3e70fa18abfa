// Write to read causality, atomic.
//
//hb:allowed 0 0 0|0 0 1|1 0 0|1 0 1|1 1 1
//hb:forbidden 1 1 0
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x, y atomic.Int32
	var a, b, c int32
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Store(1)
	})
	wg.Go(func() {
		a = x.Load()
		y.Store(a)
	})
	wg.Go(func() {
		b = y.Load()
		c = x.Load()
	})
	wg.Wait()
	fmt.Println(a, b, c)
}
