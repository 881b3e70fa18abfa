// Message passing as it should be: plain data behind an atomic flag.
//
//hb:allowed 0 0|1 1
//hb:forbidden 1 0
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x int
	var y atomic.Int32
	var r1, r2 int
	var wg sync.WaitGroup
	wg.Go(func() {
		x = 1
		y.Store(1)
	})
	wg.Go(func() {
		r1 = int(y.Load())
		if r1 == 1 {
			r2 = x
		}
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
