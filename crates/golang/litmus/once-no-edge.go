// Two later calls of Do do not order each other.
//
//hb:allowed 0|1
//hb:races x
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, r int
	var once sync.Once
	f := func() {}
	once.Do(f)
	var wg sync.WaitGroup
	wg.Go(func() {
		x = 1
		once.Do(f)
	})
	wg.Go(func() {
		once.Do(f)
		r = x
	})
	wg.Wait()
	fmt.Println(r)
}
