// Any number of goroutines may read a map that nobody writes any more.
//
//hb:case clean row=23 pattern=cache
package main

import (
	"fmt"
	"sync"
)

func main() {
	codes := map[string]int{}
	for i, c := range []string{"de", "fr", "jp", "us"} {
		codes[c] = i
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			sum := 0
			for _, v := range codes {
				sum += v
			}
			if sum != 6 || codes["jp"] != 2 {
				panic("wrong map")
			}
		})
	}
	wg.Wait()
	fmt.Println(len(codes))
}
