// A method hands out the map itself, and its lock does not go with it.
//
//hb:expect variable=Stats.counts what=map missing=not-held fits=same-lock|mutex|own-copy
package main

import (
	"fmt"
	"sync"
	"time"
)

type Stats struct {
	mu     sync.Mutex
	counts map[string]int
}

func (s *Stats) Add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[name]++ // race: a
}

func (s *Stats) All() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func main() {
	s := &Stats{counts: map[string]int{"x": 1}}
	all := s.All()
	ended := make(chan bool)
	go func() {
		s.Add("y")
		ended <- true
	}()
	time.Sleep(20 * time.Millisecond)
	sum := 0
	for _, n := range all { // race: b
		sum += n
	}
	<-ended
	fmt.Println(sum > 0)
}
