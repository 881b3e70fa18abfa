// Each goroutine has its own elements, down to neighbouring bytes of one word.
//
//hb:case clean row=23 pattern=worker-pool
package main

import (
	"fmt"
	"sync"
)

func main() {
	flags := make([]bool, 16)
	var pair struct{ low, high uint16 }
	pixels := make([]byte, 64)
	var wg sync.WaitGroup
	for i := range flags {
		wg.Go(func() { flags[i] = i%3 == 0 })
	}
	wg.Go(func() { pair.low = 1 })
	wg.Go(func() { pair.high = 2 })
	for half := range 2 {
		wg.Go(func() {
			part := pixels[half*32 : half*32+32]
			for i := range part {
				part[i] = byte(half)
			}
		})
	}
	wg.Wait()
	fmt.Println(flags[3], pair, pixels[31], pixels[32])
}
