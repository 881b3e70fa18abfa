// The writer holds the lock, the reader does not bother: "it is only a read".
//
//hb:case racy row=10 pattern=counter
//hb:expect variable=Meter.total what=field missing=not-held fits=same-lock|atomic
package main

import (
	"fmt"
	"sync"
)

type Meter struct {
	mu    sync.Mutex
	total int
}

func (m *Meter) Add(n int) {
	m.mu.Lock()
	m.total += n // race: a
	m.mu.Unlock()
}

func (m *Meter) Total() int {
	return m.total // race: b
}

func main() {
	m := &Meter{}
	done := make(chan struct{})
	go func() {
		m.Add(5)
		close(done)
	}()
	before := m.Total()
	<-done
	fmt.Println(before <= m.Total())
}
