// Example 8: a shared map, with three goroutines.
//
//hb:allowed 3|fatal error: concurrent map writes
//hb:races map[string]int
//hb:scale 10=3
package main

import (
	"fmt"
	"sync"
)

func main() {
	m := map[string]int{}
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			m[fmt.Sprintf("k%d", i)] = i
		}(i)
	}
	wg.Wait()
	fmt.Println(len(m))
}
