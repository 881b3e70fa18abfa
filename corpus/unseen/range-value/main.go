// The value that a loop assigns to an outer variable is used by its goroutines.
//
//hb:expect variable=job what=string missing=unjoined|siblings fits=loop-variable|own-copy
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	lengths := make(chan int, 3)
	var job string
	for _, job = range []string{"a", "bb", "ccc"} { // race: b
		wg.Add(1)
		go func() {
			defer wg.Done()
			lengths <- len(job) // race: a
		}()
	}
	wg.Wait()
	fmt.Println(<-lengths > 0)
}
