// Subscribers are added to a slice that publishing ranges over.
//
//hb:expect variable=hub.subs what=slice missing=siblings|unjoined fits=mutex|rwmutex
package main

import (
	"fmt"
	"sync"
)

type hub struct{ subs []chan int }

func (h *hub) subscribe() {
	h.subs = append(h.subs, make(chan int, 1)) // race: a
}

func (h *hub) publish(n int) {
	for _, c := range h.subs { // race: b
		c <- n
	}
}

func main() {
	h := &hub{}
	var wg sync.WaitGroup
	wg.Go(h.subscribe)
	wg.Go(func() { h.publish(1) })
	wg.Wait()
	fmt.Println(len(h.subs))
}
