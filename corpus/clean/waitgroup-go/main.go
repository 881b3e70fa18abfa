// WaitGroup.Go is a go statement followed by a Done, and several goroutines may wait for the group.
//
//hb:case clean row=13 pattern=worker-pool
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	parts := make([]int, 4)
	for i := range parts {
		wg.Go(func() { parts[i] = i * i })
	}
	sums := make(chan int)
	for range 2 {
		go func() {
			wg.Wait()
			sum := 0
			for _, p := range parts {
				sum += p
			}
			sums <- sum
		}()
	}
	fmt.Println(<-sums, <-sums)
}
