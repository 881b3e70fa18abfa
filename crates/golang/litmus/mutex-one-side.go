// A lock on one side only.
//
//hb:allowed 0|1
//hb:races x
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
		r1 = x
	})
	wg.Wait()
	fmt.Println(r1)
}
