// Coherence of two reads, atomic.
//
//hb:allowed 0 0|0 1|1 1
//hb:forbidden 1 0
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x atomic.Int32
	var r1, r2 int32
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Store(1)
	})
	wg.Go(func() {
		r1 = x.Load()
		r2 = x.Load()
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
