// sync.Map: a write comes before the read that observes it, so what Load returns was filled before Store.
//
//hb:case clean row=17 pattern=session-store
package main

import (
	"fmt"
	"sync"
)

type session struct {
	user  string
	roles []string
}

func main() {
	var sessions sync.Map
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s := &session{user: fmt.Sprint("user", i)}
			s.roles = append(s.roles, "reader")
			sessions.Store(i, s)
		})
		wg.Go(func() {
			if v, ok := sessions.Load(i); ok && len(v.(*session).roles) != 1 {
				panic("half a session")
			}
		})
	}
	wg.Wait()
	n := 0
	sessions.Range(func(_, v any) bool {
		n += len(v.(*session).roles)
		return true
	})
	fmt.Println(n)
}
