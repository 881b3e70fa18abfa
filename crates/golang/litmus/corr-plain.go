// Coherence of two reads, plain: each read stands for itself, so the second may see the older value.
//
//hb:allowed 0 0|0 1|1 0|1 1
//hb:races x
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, r1, r2 int
	var wg sync.WaitGroup
	wg.Go(func() {
		x = 1
	})
	wg.Go(func() {
		r1 = x
		r2 = x
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
