// Shut down in order: stop taking requests, wait for the loop, then take the server apart.
//
//hb:case clean row=19,13 pattern=shutdown
package main

import (
	"context"
	"fmt"
	"sync"
)

type Server struct {
	wg      sync.WaitGroup
	served  map[string]int
	handler func(string) string
}

func (s *Server) Run(ctx context.Context, requests <-chan string) {
	s.wg.Go(func() {
		for {
			select {
			case r := <-requests:
				s.served[s.handler(r)]++
			case <-ctx.Done():
				return
			}
		}
	})
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{served: map[string]int{}, handler: func(r string) string { return "GET " + r }}
	requests := make(chan string)
	s.Run(ctx, requests)
	requests <- "/"
	requests <- "/about"
	cancel()
	s.wg.Wait()
	s.handler = nil
	fmt.Println(len(s.served))
}
