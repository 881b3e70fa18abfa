// append reads and writes the slice's header, shared by all goroutines.
//
//hb:case racy row=23 pattern=result
//hb:expect variable=results what=slice missing=siblings fits=mutex|channel
package main

import (
	"fmt"
	"sync"
)

func main() {
	var results []int
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results = append(results, i*i) // race: a b
		}()
	}
	wg.Wait()
	fmt.Println(len(results) > 0)
}
