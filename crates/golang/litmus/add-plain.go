// Two increments, plain: one may be lost.
//
//hb:allowed 1|2
//hb:races x
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x int
	var wg sync.WaitGroup
	wg.Go(func() {
		x++
	})
	wg.Go(func() {
		x++
	})
	wg.Wait()
	fmt.Println(x)
}
