// A gauge is counted up atomically and read plainly.
//
//hb:expect variable=Gauge.value what=field missing=plain-beside-atomic fits=atomic
package main

import (
	"fmt"
	"sync/atomic"
)

type Gauge struct{ value int64 }

func (g *Gauge) Inc() { atomic.AddInt64(&g.value, 1) } // race: a

func (g *Gauge) Value() int64 {
	return g.value // race: b
}

func main() {
	g := &Gauge{}
	ended := make(chan bool)
	go func() {
		g.Inc()
		ended <- true
	}()
	v := g.Value()
	<-ended
	fmt.Println(v >= 0)
}
