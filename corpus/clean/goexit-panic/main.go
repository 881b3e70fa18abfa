// Deferred calls run on Goexit and on a recovered panic, and order as ever.
//
//hb:case clean row=24 pattern=worker-pool
package main

import (
	"fmt"
	"runtime"
	"sync"
)

type outcome struct {
	steps int
	err   any
}

func main() {
	outcomes := make([]*outcome, 3)
	var wg sync.WaitGroup
	for i := range outcomes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o := &outcome{}
			outcomes[i] = o
			defer func() { o.err = recover() }()
			o.steps++
			if i == 1 {
				runtime.Goexit()
			}
			if i == 2 {
				var none []int
				o.steps += none[i]
			}
			o.steps++
		}()
	}
	wg.Wait()
	fmt.Println(outcomes[0].steps, outcomes[1].steps, outcomes[2].err)
}
