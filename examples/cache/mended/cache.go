// Package mended keeps rendered pages; the hits are counted atomically, so the read lock suffices.
package mended

import (
	"sync"
	"sync/atomic"
)

// Cache keeps pages by name.
type Cache struct {
	mu    sync.RWMutex
	pages map[string]string
	hits  atomic.Int64
}

// New returns an empty cache.
func New() *Cache {
	return &Cache{pages: map[string]string{}}
}

// Put stores a page.
func (c *Cache) Put(name, page string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages[name] = page
}

// Get returns a page.
func (c *Cache) Get(name string) (string, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	page, ok := c.pages[name]
	if ok {
		c.hits.Add(1)
	}
	return page, ok
}
