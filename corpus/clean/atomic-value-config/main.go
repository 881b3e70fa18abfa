// A configuration is replaced as a whole; readers load a snapshot that nobody changes any more.
//
//hb:case clean row=16 pattern=hot-config
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type Config struct {
	Addr    string
	Timeout int
}

func main() {
	var current atomic.Value
	current.Store(Config{Addr: ":80", Timeout: 1})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 5 {
			current.Store(Config{Addr: ":443", Timeout: i})
		}
	})
	for range 3 {
		wg.Go(func() {
			for range 5 {
				if cfg := current.Load().(Config); cfg.Addr == "" {
					panic("empty")
				}
			}
		})
	}
	wg.Wait()
	old := current.Swap(Config{Addr: ":8080"}).(Config)
	fmt.Println(old.Timeout, current.CompareAndSwap(Config{Addr: ":8080"}, Config{}))
}
