// Requests look whether the handshake is done, which another goroutine says without synchronisation.
//
//hb:expect variable=Session.initialized what=field missing=unjoined|siblings fits=atomic|mutex|close-channel
package main

import "fmt"

type Session struct {
	initialized bool
	sent        []string
}

func (s *Session) Initialize() {
	s.initialized = true // race: a
}

func (s *Session) Request(method string) error {
	if !s.initialized && method != "initialize" { // race: b
		return fmt.Errorf("%s: not initialized", method)
	}
	return nil
}

func main() {
	s := &Session{}
	ended := make(chan bool)
	go func() {
		s.Initialize()
		ended <- true
	}()
	err := s.Request("ping")
	<-ended
	fmt.Println(err == nil || err != nil)
}
