// A spinner looks without its lock whether it is active.
//
//hb:expect variable=Spinner.active what=field missing=not-held fits=same-lock|mutex|atomic
package main

import (
	"fmt"
	"sync"
)

type Spinner struct {
	mu     sync.RWMutex
	active bool
	frames int
}

func (s *Spinner) Start() {
	s.mu.Lock()
	s.active = true // race: a
	s.mu.Unlock()
}

func (s *Spinner) Active() bool {
	return s.active // race: b
}

func main() {
	s := &Spinner{}
	ended := make(chan bool)
	go func() {
		s.Start()
		ended <- true
	}()
	on := s.Active()
	<-ended
	fmt.Println(on || !on)
}
