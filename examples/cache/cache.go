// Package cache keeps rendered pages. Its map is guarded well and its statistics are not: see mended.
package cache

import "sync"

// Cache keeps pages by name.
type Cache struct {
	mu    sync.RWMutex
	pages map[string]string
	hits  int
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

// Get returns a page. It writes hits with only the read lock held, which any number of goroutines hold at once.
func (c *Cache) Get(name string) (string, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	page, ok := c.pages[name]
	if ok {
		c.hits++
	}
	return page, ok
}
