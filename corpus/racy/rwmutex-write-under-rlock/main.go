// The hit counter is written with only the read lock held, which any number of readers hold at once.
//
//hb:case racy row=11 pattern=cache
//hb:expect variable=Cache.hits what=field missing=write-under-rlock fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

type Cache struct {
	mu      sync.RWMutex
	entries map[string]string
	hits    int
}

func (c *Cache) Get(key string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.entries[key]
	if ok {
		c.hits++ // race: a b
	}
	return v
}

func main() {
	c := &Cache{entries: map[string]string{"lang": "go"}}
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c.Get("lang")
		}()
	}
	wg.Wait()
	fmt.Println(c.hits > 0)
}
