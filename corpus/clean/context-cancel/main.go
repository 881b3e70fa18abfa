// What is written before cancel is visible after Done is closed, and to whoever sees an error in Err.
//
//hb:case clean row=19 pattern=shutdown
package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	reason := ""
	var wg sync.WaitGroup
	seen := make([]string, 2)
	wg.Go(func() {
		<-ctx.Done()
		seen[0] = reason
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			runtime.Gosched()
		}
		seen[1] = reason
	})
	reason = "deploying"
	cancel()
	wg.Wait()
	fmt.Println(seen)
}
