// Example 10: mended with sync.Map.
//
//hb:allowed 10
//hb:races none
package main

import (
	"fmt"
	"sync"
)

func main() {
	var m sync.Map
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			m.Store(fmt.Sprintf("k%d", i), i)
		}(i)
	}
	wg.Wait()
	n := 0
	for i := 0; i < 10; i++ {
		if _, ok := m.Load(fmt.Sprintf("k%d", i)); ok {
			n++
		}
	}
	fmt.Println(n)
}
