// A successful TryLock orders as Lock does; where it fails the data is left alone.
//
//hb:case clean row=10 pattern=cache
package main

import (
	"fmt"
	"sync"
)

type Snapshot struct {
	mu      sync.Mutex
	entries int
}

func (s *Snapshot) TryRefresh() bool {
	if !s.mu.TryLock() {
		return false
	}
	defer s.mu.Unlock()
	s.entries++
	return true
}

func main() {
	s := &Snapshot{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { s.TryRefresh() })
	}
	wg.Wait()
	fmt.Println(s.entries > 0)
}
