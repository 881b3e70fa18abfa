// A cell of an array is counted up by two goroutines.
//
//hb:expect variable=cells what=element missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

var cells [4]int

func hit(n int) {
	cells[n%4]++ // race: a b
}

func main() {
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() { hit(4 * i) })
	}
	wg.Wait()
	fmt.Println(cells[0] > 0)
}
