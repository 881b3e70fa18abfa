// Example 6: the counter, with four goroutines in the place of a thousand.
//
//hb:allowed 1|2|3|4
//hb:races counter
//hb:scale 1000=4
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
			counter++
		}()
	}
	wg.Wait()
	fmt.Println(counter)
}
