// Independent reads of independent writes, atomic: both readers see one order.
//
//hb:allowed 0 0 0 0|0 0 0 1|0 0 1 0|0 0 1 1|0 1 0 0|0 1 0 1|0 1 1 0|0 1 1 1|1 0 0 0|1 0 0 1|1 0 1 1|1 1 0 0|1 1 0 1|1 1 1 0|1 1 1 1
//hb:forbidden 1 0 1 0
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x, y atomic.Int32
	var a, b, c, d int32
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Store(1)
	})
	wg.Go(func() {
		y.Store(1)
	})
	wg.Go(func() {
		a = x.Load()
		b = y.Load()
	})
	wg.Go(func() {
		c = y.Load()
		d = x.Load()
	})
	wg.Wait()
	fmt.Println(a, b, c, d)
}
