// Shape R, atomic.
//
//hb:allowed 1 0|1 1|2 1
//hb:forbidden 2 0
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
		x.Store(1)
		y.Store(1)
	})
	wg.Go(func() {
		y.Store(2)
		r = x.Load()
	})
	wg.Wait()
	fmt.Println(y.Load(), r)
}
