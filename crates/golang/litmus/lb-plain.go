// Load buffering, plain: that both reads see the later writes would need each to come before the other.
//
//hb:allowed 0 0|0 1|1 0
//hb:undecided 1 1
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
		r1 = x
		y = 1
	})
	wg.Go(func() {
		r2 = y
		x = 1
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
