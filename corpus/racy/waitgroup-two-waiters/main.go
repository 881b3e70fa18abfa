// Two goroutines wait for the same group and then both write the summary: each is ordered with the workers, not with the other.
//
//hb:case racy row=13 pattern=worker-pool
//hb:expect variable=summary what=string missing=siblings fits=mutex|channel
package main

import (
	"fmt"
	"sync"
)

func main() {
	var workers, reporters sync.WaitGroup
	var summary string
	parts := make([]int, 3)
	for i := range parts {
		workers.Go(func() { parts[i] = i + 1 })
	}
	report := func() {
		defer reporters.Done()
		workers.Wait()
		summary = fmt.Sprint(parts) // race: a b
	}
	reporters.Add(2)
	go report()
	go report()
	reporters.Wait()
	fmt.Println(summary)
}
