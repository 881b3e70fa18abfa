// Message passing, plain: the flag may be seen without the data.
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
		y = 1
	})
	wg.Go(func() {
		r1 = y
		r2 = x
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
