// Login hands out the session it stored; the handler goes on to change it outside of the lock, as does the cleaner.
//
//hb:case racy row=10 pattern=session-store
//hb:expect variable=Session.active what=field missing=not-held fits=same-lock|atomic
package main

import (
	"fmt"
	"sync"
)

type Session struct {
	user   string
	active bool
}

type Store struct {
	mu       sync.Mutex
	sessions map[string]*Session
}

func (s *Store) Get(id string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

func (s *Store) DeactivateAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sess := range s.sessions {
		sess.active = false // race: a
	}
}

func main() {
	s := &Store{sessions: map[string]*Session{"s1": {user: "ann"}}}
	session := s.Get("s1")
	done := make(chan struct{})
	go func() {
		s.DeactivateAll()
		close(done)
	}()
	session.active = true // race: b
	<-done
	fmt.Println(session.user)
}
