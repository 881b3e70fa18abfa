// Reads count their hits under the read lock.
//
//hb:expect variable=Table.hits what=field missing=write-under-rlock fits=rwmutex|mutex|atomic
package main

import (
	"fmt"
	"sync"
)

type Table struct {
	mu   sync.RWMutex
	rows map[int]string
	hits int
}

func (t *Table) Row(n int) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	t.hits++ // race: a b
	return t.rows[n]
}

func main() {
	t := &Table{rows: map[int]string{1: "one"}}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { t.Row(1) })
	}
	wg.Wait()
	fmt.Println(t.hits > 0)
}
