// The reason of a closing is set under the lock of the writer and read without it.
//
//hb:expect variable=Conn.closeErr what=interface missing=not-held fits=same-lock|mutex
package main

import (
	"errors"
	"fmt"
	"sync"
)

type Conn struct {
	mu       sync.Mutex
	closed   bool
	closeErr error
}

func (c *Conn) fail(err error) {
	c.mu.Lock()
	c.closed = true
	c.closeErr = err // race: a
	c.mu.Unlock()
}

func (c *Conn) Err() error {
	return c.closeErr // race: b
}

func main() {
	c := &Conn{}
	ended := make(chan bool)
	go func() {
		c.fail(errors.New("reset"))
		close(ended)
	}()
	fmt.Println(c.Err() == nil || true)
	<-ended
}
