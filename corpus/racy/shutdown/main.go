// Close sets the field to nil while the server's loop is still using it.
//
//hb:case racy row=4 pattern=shutdown
//hb:expect variable=Server.handler what=field missing=unjoined fits=mutex|channel|close-channel
package main

import "fmt"

type Server struct {
	requests chan int
	handler  func(int) int
	done     chan int
}

func (s *Server) loop() {
	sum := 0
	for r := range s.requests {
		if h := s.handler; h != nil { // race: a
			sum += h(r)
		}
	}
	s.done <- sum
}

func (s *Server) Close() {
	s.handler = nil // race: b
}

func main() {
	s := &Server{requests: make(chan int), done: make(chan int)}
	s.handler = func(n int) int { return n + 1 }
	go s.loop()
	s.requests <- 1
	s.Close()
	close(s.requests)
	fmt.Println(<-s.done >= 0)
}
