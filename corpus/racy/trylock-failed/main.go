// The result of TryLock is ignored. It fails here in every run, and a failed TryLock orders nothing.
//
//hb:case racy row=10 pattern=cache
//hb:expect variable=Snapshot.entries what=field missing=failed-trylock fits=mutex
package main

import (
	"fmt"
	"sync"
)

type Snapshot struct {
	mu      sync.Mutex
	entries int
}

func (s *Snapshot) Refresh() {
	if s.mu.TryLock() {
		defer s.mu.Unlock()
	}
	s.entries++ // race: a
}

func main() {
	s := &Snapshot{}
	refreshed := make(chan struct{})
	locked := make(chan struct{})
	go func() {
		<-locked
		s.Refresh()
		close(refreshed)
	}()
	s.mu.Lock()
	close(locked)
	s.entries++ // race: b
	<-refreshed
	s.mu.Unlock()
	fmt.Println(s.entries > 0)
}
