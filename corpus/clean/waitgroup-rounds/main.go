// One WaitGroup for round after round, waited for by two goroutines: each comes after every Done of the round.
//
//hb:case clean row=13 pattern=worker-pool
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	sums := make([]int, 4)
	for round := range 20 {
		wg.Add(len(sums))
		for i := range sums {
			go func() {
				sums[i] += round
				wg.Done()
			}()
		}
		total := make(chan int)
		for range 2 {
			go func() {
				wg.Wait()
				sum := 0
				for _, n := range sums {
					sum += n
				}
				total <- sum
			}()
		}
		a, b := <-total, <-total
		if a != b {
			panic("another sum")
		}
	}
	fmt.Println(sums)
}
