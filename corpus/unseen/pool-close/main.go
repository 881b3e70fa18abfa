// A pool is emptied by Close while others pick a connection from it.
//
//hb:expect variable=Pool.conns what=slice missing=siblings|unjoined fits=mutex|rwmutex|atomic-pointer
package main

import (
	"fmt"
	"sync"
)

type conn struct{ id int }

type Pool struct {
	conns []*conn
	next  int
}

func (p *Pool) get() *conn {
	if len(p.conns) == 0 { // race: a
		return nil
	}
	return p.conns[0] // race: a
}

func (p *Pool) Close() {
	p.conns = nil // race: b
}

func main() {
	p := &Pool{conns: []*conn{{1}, {2}}}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		p.get()
	}()
	go func() {
		defer wg.Done()
		p.Close()
	}()
	wg.Wait()
	fmt.Println(p.conns == nil)
}
