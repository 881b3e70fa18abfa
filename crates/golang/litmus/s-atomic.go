// Shape S, atomic.
//
//hb:allowed 1 0|1 1|2 0
//hb:forbidden 2 1
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x, y atomic.Int32
	var r int32
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Store(2)
		y.Store(1)
	})
	wg.Go(func() {
		r = y.Load()
		x.Store(1)
	})
	wg.Wait()
	fmt.Println(x.Load(), r)
}
