// Only one compare-and-swap of the same old value succeeds.
//
//hb:allowed false true 2|true false 1
//hb:forbidden true true 2|true true 1|false false 0
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x atomic.Int32
	var a, b bool
	var wg sync.WaitGroup
	wg.Go(func() {
		a = x.CompareAndSwap(0, 1)
	})
	wg.Go(func() {
		b = x.CompareAndSwap(0, 2)
	})
	wg.Wait()
	fmt.Println(a, b, x.Load())
}
