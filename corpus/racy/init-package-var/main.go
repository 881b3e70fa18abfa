// The initialiser of a package variable starts a background goroutine that races with main on the struct it returned.
//
//hb:case racy row=2 pattern=worker-pool
//hb:expect variable=Collector.samples what=field missing=unjoined fits=atomic
package main

import (
	"fmt"
	"time"
)

type Collector struct {
	samples int
	stopped chan struct{}
}

var collector = startCollector()

func startCollector() *Collector {
	c := &Collector{stopped: make(chan struct{})}
	go func() {
		for range 3 {
			c.samples++ // race: a
			time.Sleep(time.Millisecond)
		}
		close(c.stopped)
	}()
	return c
}

func main() {
	seen := collector.samples // race: b
	<-collector.stopped
	fmt.Println(seen <= collector.samples)
}
