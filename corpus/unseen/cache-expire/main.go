// A janitor deletes from the map that the cache reads under its lock.
//
//hb:expect variable=Cache.items what=map missing=not-held fits=same-lock|mutex|rwmutex
package main

import (
	"fmt"
	"sync"
	"time"
)

type Cache struct {
	mu    sync.Mutex
	items map[string]int
}

func (c *Cache) Get(key string) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.items[key] // race: a
	return v, ok
}

func (c *Cache) expire(key string) {
	delete(c.items, key) // race: b
}

func main() {
	c := &Cache{items: map[string]int{"a": 1}}
	ended := make(chan bool)
	go func() {
		c.expire("a")
		ended <- true
	}()
	time.Sleep(20 * time.Millisecond)
	_, ok := c.Get("b")
	<-ended
	fmt.Println(ok)
}
