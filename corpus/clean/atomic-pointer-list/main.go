// A lock-free stack: a node is filled before CompareAndSwap publishes it, and only read after that.
//
//hb:case clean row=16 pattern=pointer-publication
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type node struct {
	value int
	next  *node
}

type Stack struct {
	head atomic.Pointer[node]
}

func (s *Stack) Push(v int) {
	n := &node{value: v}
	for {
		n.next = s.head.Load()
		if s.head.CompareAndSwap(n.next, n) {
			return
		}
	}
}

func (s *Stack) Sum() (sum int) {
	for n := s.head.Load(); n != nil; n = n.next {
		sum += n.value
	}
	return sum
}

func main() {
	var s Stack
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			s.Push(i)
			s.Sum()
		})
	}
	wg.Wait()
	fmt.Println(s.Sum())
}
