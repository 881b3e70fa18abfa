// The reason is noted after cancel, when those who wait for Done may already be reading it.
//
//hb:case racy row=19 pattern=shutdown
//hb:expect variable=server.reason what=string missing=after-release fits=before-release|mutex
package main

import (
	"context"
	"fmt"
)

type server struct {
	cancel context.CancelFunc
	reason string
}

func (s *server) stop(reason string) {
	s.cancel()
	s.reason = reason // race: a
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{cancel: cancel}
	logged := make(chan int)
	go func() {
		<-ctx.Done()
		logged <- len(s.reason) // race: b
	}()
	s.stop("signal received")
	fmt.Println(<-logged >= 0)
}
