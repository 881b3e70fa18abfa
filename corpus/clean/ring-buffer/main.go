// The same ring with atomic indices: the index is stored after the slot was written, and loaded before it is read.
//
//hb:case clean row=15 pattern=pubsub
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

type Ring struct {
	slots      [8]int
	head, tail atomic.Uint32
}

func (r *Ring) Push(v int) {
	for r.tail.Load()-r.head.Load() == uint32(len(r.slots)) {
		runtime.Gosched()
	}
	r.slots[r.tail.Load()%uint32(len(r.slots))] = v
	r.tail.Add(1)
}

func (r *Ring) Pop() int {
	for r.head.Load() == r.tail.Load() {
		runtime.Gosched()
	}
	v := r.slots[r.head.Load()%uint32(len(r.slots))]
	r.head.Add(1)
	return v
}

func main() {
	r := &Ring{}
	go func() {
		for i := range 100 {
			r.Push(i)
		}
	}()
	sum := 0
	for range 100 {
		sum += r.Pop()
	}
	fmt.Println(sum)
}
