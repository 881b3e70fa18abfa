// Example 6 of the tutorial: a thousand goroutines count.
//
//hb:case racy row=13 pattern=counter
//hb:expect variable=counter what=variable missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

func main() {
	var counter int
	var wg sync.WaitGroup
	for i := 0; i < 1000; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			counter++ // race: a b
		}()
	}
	wg.Wait()
	fmt.Println(counter)
}
