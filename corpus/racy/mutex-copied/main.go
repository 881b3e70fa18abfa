// The method has a value receiver, so each call locks a mutex of its own copy while the map is shared.
//
//hb:case racy row=10 pattern=session-store
//hb:expect variable=Sessions.hits what=element missing=copied-lock fits=mutex
package main

import (
	"fmt"
	"sync"
)

type Sessions struct {
	mu   sync.Mutex
	hits []int
}

func (s Sessions) Touch(user int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits[user]++ // race: a b
}

func main() {
	s := Sessions{hits: make([]int, 4)}
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.Touch(3)
		}()
	}
	wg.Wait()
	fmt.Println(s.hits[3] > 0)
}
