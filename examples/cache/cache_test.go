package cache

import (
	"sync"
	"testing"
)

func TestReadersShareThePage(t *testing.T) {
	c := New()
	c.Put("index", "<h1>hello</h1>")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if page, ok := c.Get("index"); !ok || page == "" {
				t.Error("the page is gone")
			}
		})
	}
	wg.Wait()
}
