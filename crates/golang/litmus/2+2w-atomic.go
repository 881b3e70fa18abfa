// Two writes each, atomic.
//
//hb:allowed 1 2|2 1|2 2
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
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Store(1)
		y.Store(2)
	})
	wg.Go(func() {
		y.Store(1)
		x.Store(2)
	})
	wg.Wait()
	fmt.Println(x.Load(), y.Load())
}
