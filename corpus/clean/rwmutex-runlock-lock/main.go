// The writer may read what was only read under RLock by others, and reuse it: RUnlock comes before the Lock that follows.
//
//hb:case clean row=11 pattern=hot-config
package main

import (
	"fmt"
	"sync"
)

type Settings struct {
	mu     sync.RWMutex
	values []int
}

func (s *Settings) Sum() (sum int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, v := range s.values {
		sum += v
	}
	return sum
}

func (s *Settings) Scale(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.values {
		s.values[i] *= by
	}
}

func main() {
	s := &Settings{values: []int{1, 2, 3}}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { s.Sum() })
		wg.Go(func() { s.Scale(2) })
	}
	wg.Wait()
	fmt.Println(s.Sum())
}
