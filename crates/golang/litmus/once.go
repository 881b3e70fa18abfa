// Once: completion of the function before the return of any Do.
//
//hb:allowed 1 1
//hb:forbidden 0 1|1 0
//hb:races none
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, r1, r2 int
	var once sync.Once
	f := func() { x = 1 }
	var wg sync.WaitGroup
	wg.Go(func() {
		once.Do(f)
		r1 = x
	})
	wg.Go(func() {
		once.Do(f)
		r2 = x
	})
	wg.Wait()
	fmt.Println(r1, r2)
}
