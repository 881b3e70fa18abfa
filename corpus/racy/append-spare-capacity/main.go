// Each goroutine appends to a slice header of its own, yet both headers share a backing array with room to spare.
//
//hb:case racy row=23
//hb:expect variable=base what=element missing=siblings fits=own-copy
package main

import (
	"fmt"
	"sync"
)

func main() {
	base := make([]string, 0, 8)
	base = append(base, "--verbose")
	var wg sync.WaitGroup
	commands := make([][]string, 2)
	for i, name := range []string{"build", "test"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			args := append(base, name) // race: a b
			commands[i] = args
		}()
	}
	wg.Wait()
	fmt.Println(len(commands[0]) + len(commands[1]))
}
