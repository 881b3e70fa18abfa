// The map inside an atomic.Value is read by one goroutine while its publisher goes on adding to it.
//
//hb:case racy row=16 pattern=hot-config
//hb:expect variable=flags what=map missing=after-release fits=own-copy|mutex
package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

func main() {
	var current atomic.Value
	flags := map[string]bool{"dark-mode": true}
	current.Store(flags)
	looked := make(chan bool)
	go func() {
		time.Sleep(5 * time.Millisecond)
		looked <- current.Load().(map[string]bool)["dark-mode"] // race: a
	}()
	flags["beta"] = true // race: b
	fmt.Println(<-looked)
}
