// Readers share the read lock, the writer takes the write lock: Unlock comes before later RLocks, RUnlock before later Locks.
//
//hb:case clean row=11 pattern=cache
package main

import (
	"fmt"
	"sync"
)

type Cache struct {
	mu      sync.RWMutex
	entries map[string]string
}

func (c *Cache) Get(key string) (string, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.entries[key]
	return v, ok
}

func (c *Cache) Put(key, value string) {
	c.mu.Lock()
	c.entries[key] = value
	c.mu.Unlock()
}

func main() {
	c := &Cache{entries: map[string]string{}}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			key := fmt.Sprint("key", i%3)
			if _, ok := c.Get(key); !ok {
				c.Put(key, fmt.Sprint("value", i))
			}
		}()
	}
	wg.Wait()
	fmt.Println(len(c.entries))
}
