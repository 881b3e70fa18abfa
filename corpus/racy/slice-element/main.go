// Neighbouring workers overlap by one element at the border of their ranges.
//
//hb:case racy row=23 pattern=worker-pool
//hb:expect variable=cells what=element missing=siblings fits=own-copy|mutex
package main

import (
	"fmt"
	"sync"
)

func main() {
	cells := make([]int, 10)
	var wg sync.WaitGroup
	for _, r := range [][2]int{{0, 5}, {5, 10}} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := r[0]; i <= r[1] && i < len(cells); i++ {
				cells[i] += i // race: a b
			}
		}()
	}
	wg.Wait()
	fmt.Println(cells[9])
}
