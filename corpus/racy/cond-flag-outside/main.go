// The flag is peeked at without the lock before taking the slow way through the Cond.
//
//hb:case racy row=14 pattern=done-flag
//hb:expect variable=Gate.open what=field missing=not-held fits=same-lock|atomic
package main

import (
	"fmt"
	"sync"
)

type Gate struct {
	mu   sync.Mutex
	cond *sync.Cond
	open bool
}

func (g *Gate) Open() {
	g.mu.Lock()
	g.open = true // race: a
	g.mu.Unlock()
	g.cond.Broadcast()
}

func (g *Gate) Closed() bool {
	return !g.open // race: b
}

func (g *Gate) Pass() {
	g.mu.Lock()
	for !g.open {
		g.cond.Wait()
	}
	g.mu.Unlock()
}

func main() {
	g := &Gate{}
	g.cond = sync.NewCond(&g.mu)
	go g.Open()
	peeked := make(chan bool)
	go func() { peeked <- g.Closed() }()
	g.Pass()
	if <-peeked {
		fmt.Println("had to wait")
	}
}
