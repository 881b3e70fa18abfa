// Creation on first use, with an atomic pointer on the fast way and a mutex on the slow one.
//
//hb:case clean row=16,10 pattern=lazy-init
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type Pool struct {
	size int
}

var (
	mu   sync.Mutex
	pool atomic.Pointer[Pool]
)

func Instance() *Pool {
	if p := pool.Load(); p != nil {
		return p
	}
	mu.Lock()
	defer mu.Unlock()
	if p := pool.Load(); p != nil {
		return p
	}
	p := &Pool{}
	p.size = 4
	pool.Store(p)
	return p
}

func main() {
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if Instance().size != 4 {
				panic("half a pool")
			}
		}()
	}
	wg.Wait()
	fmt.Println(Instance().size)
}
