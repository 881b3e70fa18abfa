// The map is safe, the struct that its values point to is not: both requests update it in place.
//
//hb:case racy row=17 pattern=session-store
//hb:expect variable=session.views what=field missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

type session struct {
	user  string
	views int
}

var sessions sync.Map

func view(id string) {
	if v, ok := sessions.Load(id); ok {
		v.(*session).views++ // race: a b
	}
}

func main() {
	sessions.Store("s1", &session{user: "ann"})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { view("s1") })
	}
	wg.Wait()
	fmt.Println("done")
}
