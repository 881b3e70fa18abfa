// Where the lock is taken already, the statistics are changed all the same.
//
//hb:expect variable=stats.dropped what=field missing=failed-trylock|not-held fits=same-lock|mutex
package main

import (
	"fmt"
	"sync"
	"time"
)

type stats struct {
	mu      sync.Mutex
	dropped int
}

func (s *stats) drop() {
	if s.mu.TryLock() {
		defer s.mu.Unlock()
	}
	s.dropped++ // race: a
}

func (s *stats) report() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.dropped // race: b
	time.Sleep(30 * time.Millisecond)
	return n
}

func main() {
	s := &stats{}
	done := make(chan int)
	go func() { done <- s.report() }()
	time.Sleep(10 * time.Millisecond)
	s.drop()
	<-done
	fmt.Println(s.dropped > 0)
}
