// The same crowd of readers, all of them waited for.
//
//hb:case clean row=13 pattern=counter
package main

import (
	"fmt"
	"sync"
)

var level int

func main() {
	var wg sync.WaitGroup
	sums := make([]int, 64)
	for round := range 3 {
		for i := range sums {
			wg.Go(func() { sums[i] += level })
		}
		wg.Wait()
		level = round + 1
	}
	fmt.Println(sums[0])
}
