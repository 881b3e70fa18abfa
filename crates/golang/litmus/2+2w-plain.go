// Two writes each, plain: both firsts may be last.
//
//hb:allowed 1 1|1 2|2 1|2 2
//hb:races x,y
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, y int
	var wg sync.WaitGroup
	wg.Go(func() {
		x = 1
		y = 2
	})
	wg.Go(func() {
		y = 1
		x = 2
	})
	wg.Wait()
	fmt.Println(x, y)
}
