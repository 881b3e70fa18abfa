// Example 8 of the tutorial: goroutines write to one map. Go's own check of maps may end the
// program, too.
//
//hb:case racy row=13,23 pattern=counter end=maps
//hb:expect variable=m what=map missing=siblings fits=mutex
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
			m[fmt.Sprintf("k%d", i)] = i // race: a b
		}(i)
	}
	wg.Wait()
	fmt.Println(len(m))
}
