// Example 2: mended with a WaitGroup.
//
//hb:allowed 42
//hb:races none
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x int
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		x = 42
	}()
	wg.Wait()
	fmt.Println(x)
}
