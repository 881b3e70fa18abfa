// Each Done comes before the return of the Wait that it unblocks: the results may be read.
//
//hb:case clean row=13 pattern=worker-pool
package main

import (
	"fmt"
	"strings"
	"sync"
)

func main() {
	words := []string{"alpha", "beta", "gamma", "delta"}
	upper := make([]string, len(words))
	var wg sync.WaitGroup
	for i, w := range words {
		wg.Add(1)
		go func() {
			defer wg.Done()
			upper[i] = strings.ToUpper(w)
		}()
	}
	wg.Wait()
	upper = append(upper, "done")
	fmt.Println(upper)
}
