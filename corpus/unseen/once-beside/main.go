// What a Once makes is read by somebody who does not call it.
//
//hb:expect variable=service.conn what=field missing=not-held fits=once|atomic
package main

import (
	"fmt"
	"sync"
)

type link struct{ up bool }

type service struct {
	once sync.Once
	conn *link
}

func (s *service) dial() {
	s.once.Do(func() {
		s.conn = &link{up: true} // race: a
	})
}

func (s *service) connected() bool {
	return s.conn != nil // race: b
}

func main() {
	s := &service{}
	done := make(chan bool)
	go func() {
		s.dial()
		done <- true
	}()
	ok := s.connected()
	<-done
	fmt.Println(ok || !ok)
}
