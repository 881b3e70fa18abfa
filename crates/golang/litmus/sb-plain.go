// Store buffering, plain: each goroutine writes one variable and reads the other.
//
//hb:allowed 0 0|0 1|1 0|1 1
//hb:races x,y
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, y, r1, r2 int
	var wg sync.WaitGroup
	wg.Go(func() {
		x = 1
		r1 = y
	})
	wg.Go(func() {
		y = 1
		r2 = x
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
