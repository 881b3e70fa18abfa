// One goroutine stores under the read lock and releases it well before the other takes it; an RUnlock orders only later Locks.
//
//hb:case racy row=11 pattern=cache
//hb:expect variable=Page.rendered what=string missing=write-under-rlock fits=rwmutex|mutex
package main

import (
	"fmt"
	"sync"
	"time"
)

type Page struct {
	mu       sync.RWMutex
	rendered string
}

func (p *Page) Render() {
	p.mu.RLock()
	p.rendered = "<h1>hello</h1>" // race: a
	p.mu.RUnlock()
}

func (p *Page) Size() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.rendered) // race: b
}

func main() {
	p := &Page{}
	done := make(chan bool, 1)
	go func() {
		p.Render()
		done <- true
	}()
	for len(done) == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(p.Size())
	<-done
}
