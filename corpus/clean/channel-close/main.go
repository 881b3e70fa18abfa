// Closing a channel releases every receiver, each of which then reads what was written before the close.
//
//hb:case clean row=7 pattern=hot-config
package main

import (
	"fmt"
	"sync"
)

type config struct {
	addr    string
	retries int
}

func main() {
	var cfg config
	loaded := make(chan struct{})
	var wg sync.WaitGroup
	sums := make([]int, 3)
	for i := range sums {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-loaded
			sums[i] = cfg.retries + len(cfg.addr)
		}()
	}
	cfg.addr = "localhost:80"
	cfg.retries = 3
	close(loaded)
	wg.Wait()
	fmt.Println(sums)
}
