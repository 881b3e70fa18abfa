// A setting is changed in place while a server reads it.
//
//hb:expect variable=Config.Timeout what=field missing=unjoined|siblings fits=mutex|rwmutex|atomic
package main

import (
	"fmt"
	"time"
)

type Config struct {
	Addr    string
	Timeout time.Duration
}

type Server struct{ cfg *Config }

func (s *Server) serve(done chan<- time.Duration) {
	done <- s.cfg.Timeout // race: a
}

func main() {
	cfg := &Config{Addr: ":80", Timeout: time.Second}
	s := &Server{cfg: cfg}
	done := make(chan time.Duration)
	go s.serve(done)
	cfg.Timeout = 2 * time.Second // race: b
	fmt.Println(<-done > 0)
}
