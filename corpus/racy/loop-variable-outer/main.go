// The variable is declared outside of the loop, so all iterations share it in every language version.
//
//hb:case racy row=25
//hb:expect variable=id what=variable missing=unjoined fits=own-copy|loop-variable
package main

import (
	"fmt"
	"sync"
)

func main() {
	var id int
	var wg sync.WaitGroup
	sums := make([]int, 3)
	for n := range sums {
		id = n * 100 // race: a
		wg.Add(1)
		go func() {
			defer wg.Done()
			sums[n] = id // race: b
		}()
	}
	wg.Wait()
	fmt.Println(sums[0] >= 0)
}
