// A producer moves the head that a consumer compares.
//
//hb:expect variable=queue.head what=field missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

type queue struct {
	cells [8]int
	head  int
	tail  int
}

func (q *queue) push(v int) {
	q.cells[q.head%8] = v
	q.head = q.head + 1 // race: a
}

func (q *queue) empty() bool {
	return q.head == q.tail // race: b
}

func main() {
	q := &queue{}
	var wg sync.WaitGroup
	wg.Go(func() { q.push(1) })
	wg.Go(func() { q.empty() })
	wg.Wait()
	fmt.Println(q.head)
}
