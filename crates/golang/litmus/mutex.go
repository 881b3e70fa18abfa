// Two critical sections.
//
//hb:allowed 0|1
//hb:races none
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x, r1 int
	var mu sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() {
		mu.Lock()
		x = 1
		mu.Unlock()
	})
	wg.Go(func() {
		mu.Lock()
		r1 = x
		mu.Unlock()
	})
	wg.Wait()
	fmt.Println(r1)
}
