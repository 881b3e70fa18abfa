// The classic: check for nil, then create, in every caller.
//
//hb:case racy row=12 pattern=lazy-init
//hb:expect variable=pool what=variable missing=siblings fits=once|mutex
package main

import (
	"fmt"
	"sync"
)

type Pool struct {
	size int
}

var pool *Pool

func Instance() *Pool {
	if pool == nil { // race: a
		pool = &Pool{size: 4} // race: a b
	}
	return nil
}

func main() {
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			Instance()
		}()
	}
	wg.Wait()
	fmt.Println(pool.size)
}
