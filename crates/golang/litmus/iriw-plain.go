// Independent reads of independent writes, plain: the two readers need not agree.
//
//hb:allowed 0 0 0 0|0 0 0 1|0 0 1 0|0 0 1 1|0 1 0 0|0 1 0 1|0 1 1 0|0 1 1 1|1 0 0 0|1 0 0 1|1 0 1 0|1 0 1 1|1 1 0 0|1 1 0 1|1 1 1 0|1 1 1 1
//hb:races x,y
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, y, a, b, c, d int
	var wg sync.WaitGroup
	wg.Go(func() {
		x = 1
	})
	wg.Go(func() {
		y = 1
	})
	wg.Go(func() {
		a = x
		b = y
	})
	wg.Go(func() {
		c = y
		d = x
	})
	wg.Wait()
	fmt.Println(a, b, c, d)
}
