// Two goroutines change one map: one removes an entry, the other adds one.
//
//hb:case racy row=23 pattern=session-store
//hb:expect variable=Store.sessions what=map missing=siblings fits=mutex
package main

import (
	"fmt"
	"sync"
	"time"
)

type Store struct {
	sessions map[string]time.Time
}

func (s *Store) Expire(id string) {
	delete(s.sessions, id) // race: a
}

func (s *Store) Login(id string) {
	s.sessions[id] = time.Time{} // race: b
}

func main() {
	s := &Store{sessions: map[string]time.Time{"old": {}}}
	var wg sync.WaitGroup
	wg.Go(func() { s.Expire("old") })
	wg.Go(func() {
		time.Sleep(5 * time.Millisecond)
		s.Login("new")
	})
	wg.Wait()
	fmt.Println(len(s.sessions))
}
