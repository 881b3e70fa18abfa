// Who a session belongs to is changed while a request reads it.
//
//hb:expect variable=Session.user what=string missing=siblings|unjoined fits=mutex|rwmutex|atomic-pointer
package main

import (
	"fmt"
	"sync"
)

type Session struct {
	id   string
	user string
}

func (s *Session) login(name string) { s.user = name } // race: a

func (s *Session) whoami() string { return s.user } // race: b

func main() {
	s := &Session{id: "1", user: "guest"}
	var wg sync.WaitGroup
	wg.Go(func() { s.login("root") })
	wg.Go(func() { _ = s.whoami() })
	wg.Wait()
	fmt.Println(s.user)
}
