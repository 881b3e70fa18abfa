// Writes under read locks.
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
	var mu sync.RWMutex
	var wg sync.WaitGroup
	wg.Go(func() {
		mu.RLock()
		x++
		mu.RUnlock()
	})
	wg.Go(func() {
		mu.RLock()
		x++
		mu.RUnlock()
	})
	wg.Wait()
	fmt.Println(x)
}
