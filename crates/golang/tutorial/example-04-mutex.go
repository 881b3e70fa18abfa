// Example 4: mended with a mutex: no race, and either order.
//
//hb:allowed 0|42
//hb:races none
package main

import (
	"fmt"
	"sync"
)

func main() {
	var x int
	var mu sync.Mutex
	go func() {
		mu.Lock()
		x = 42
		mu.Unlock()
	}()
	mu.Lock()
	fmt.Println(x)
	mu.Unlock()
}
