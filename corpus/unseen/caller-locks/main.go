// The caller of one side locks, the other side has no such caller.
//
//hb:expect variable=store.size what=field missing=not-held fits=same-lock|mutex|atomic
package main

import (
	"fmt"
	"sync"
)

type store struct {
	mu   sync.Mutex
	size int
}

func (s *store) grow(n int) {
	s.size += n // race: a
}

func (s *store) Add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grow(n)
}

func (s *store) Size() int {
	return s.size // race: b
}

func main() {
	s := &store{}
	done := make(chan bool)
	go func() {
		s.Add(3)
		done <- true
	}()
	n := s.Size()
	<-done
	fmt.Println(n >= 0)
}
