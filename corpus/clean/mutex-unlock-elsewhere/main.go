// A mutex handed on: who locks it starts another goroutine, which unlocks it. A third may only lock it then.
//
//hb:case clean row=10 pattern=result
package main

import "fmt"
import "sync"

func main() {
	var mu sync.Mutex
	var first, second int
	mu.Lock()
	first = 1
	go func() {
		second = first + 1
		mu.Unlock()
	}()
	mu.Lock()
	fmt.Println(first, second)
	mu.Unlock()
}
