// Example 9: mended with a mutex around the map.
//
//hb:allowed 10
//hb:races none
package main

import (
	"fmt"
	"sync"
)

func main() {
	m := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			m[fmt.Sprintf("k%d", i)] = i
		}(i)
	}
	wg.Wait()
	fmt.Println(len(m))
}
