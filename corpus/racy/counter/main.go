// Two goroutines add to one total. += reads and writes, and nothing orders the two goroutines.
//
//hb:case racy row=10,13 pattern=counter
//hb:expect variable=total what=variable missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

var total int

func add(n int) {
	total += n // race: a b
}

func main() {
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			add(i + 1)
		}()
	}
	wg.Wait()
	fmt.Println(total > 0)
}
