// The first look at a lazily made table is without the lock.
//
//hb:expect variable=table what=variable missing=not-held fits=once|atomic|same-lock
package main

import (
	"fmt"
	"sync"
	"time"
)

var (
	mu    sync.Mutex
	table *[256]byte
)

func load() *[256]byte {
	if table == nil { // race: a
		mu.Lock()
		defer mu.Unlock()
		if table == nil {
			table = new([256]byte) // race: b
		}
	}
	return table
}

func main() {
	ended := make(chan bool)
	go func() {
		load()
		ended <- true
	}()
	time.Sleep(20 * time.Millisecond)
	load()
	<-ended
	fmt.Println(table != nil)
}
