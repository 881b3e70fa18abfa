// Command hb-examples counts visits with the racy counter: try `go run .`, then `hb run .`.
package main

import (
	"fmt"
	"sync"

	"example.com/hb-examples/counter"
)

func main() {
	var visits counter.Counter
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 1000 {
				visits.Inc()
			}
		})
	}
	wg.Wait()
	fmt.Println("visits:", visits.Value(), "(2000 were made)")
}
