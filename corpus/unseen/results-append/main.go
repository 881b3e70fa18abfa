// Workers append what they found to one slice.
//
//hb:expect variable=results what=slice missing=siblings fits=mutex|own-copy
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	var results []string
	for _, host := range []string{"a", "b"} {
		wg.Go(func() {
			results = append(results, host+".example") // race: a b
		})
	}
	wg.Wait()
	fmt.Println(len(results) > 0)
}
