// A ring buffer for one producer and one consumer, with plain indices: each side's index is read by the other.
//
//hb:case racy row=15 pattern=pubsub
//hb:expect variable=Ring.tail what=field missing=siblings fits=atomic|mutex|channel
package main

import (
	"fmt"
	"sync"
)

type Ring struct {
	slots      [8]int
	head, tail int
}

func (r *Ring) Push(v int) {
	r.slots[r.tail%len(r.slots)] = v
	r.tail++ // race: a
}

func (r *Ring) Empty() bool {
	return r.head == r.tail // race: b
}

func main() {
	r := &Ring{}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		r.Push(1)
	}()
	go func() {
		defer wg.Done()
		r.Empty()
	}()
	wg.Wait()
	fmt.Println(r.Empty())
}
