// A map is ranged over for a report while a request adds to it.
//
//hb:case racy row=23 pattern=http-handler
//hb:expect variable=Metrics.counts what=map missing=siblings fits=mutex|rwmutex
package main

import (
	"fmt"
	"sync"
	"time"
)

type Metrics struct {
	counts map[string]int
}

func (m *Metrics) Inc(name string) {
	m.counts[name]++ // race: a
}

func (m *Metrics) Sum() (sum int) {
	for _, n := range m.counts { // race: b
		sum += n
	}
	return sum
}

func main() {
	m := &Metrics{counts: map[string]int{"get": 1, "post": 2}}
	var wg sync.WaitGroup
	wg.Go(func() { m.Inc("put") })
	wg.Go(func() {
		time.Sleep(5 * time.Millisecond)
		m.Sum()
	})
	wg.Wait()
	fmt.Println(m.Sum())
}
