// Sessions are changed through a callback under the store's lock and handed out as copies.
//
//hb:case clean row=10 pattern=session-store
package main

import (
	"fmt"
	"sync"
)

type Session struct {
	User  string
	Views int
}

type Store struct {
	mu       sync.Mutex
	sessions map[string]*Session
}

func (s *Store) Update(id string, change func(*Session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[id] == nil {
		s.sessions[id] = &Session{User: id}
	}
	change(s.sessions[id])
}

func (s *Store) Get(id string) Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.sessions[id]
}

func main() {
	s := &Store{sessions: map[string]*Session{}}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			id := fmt.Sprint("user", i%2)
			s.Update(id, func(sess *Session) { sess.Views++ })
			_ = s.Get(id)
		})
	}
	wg.Wait()
	fmt.Println(s.Get("user0").Views + s.Get("user1").Views)
}
