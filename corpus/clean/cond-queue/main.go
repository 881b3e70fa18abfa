// A queue with a Cond: all data under its Locker.
//
//hb:case clean row=14 pattern=pubsub
package main

import (
	"fmt"
	"sync"
)

type Queue struct {
	mu       sync.Mutex
	nonEmpty *sync.Cond
	items    []int
}

func NewQueue() *Queue {
	q := &Queue{}
	q.nonEmpty = sync.NewCond(&q.mu)
	return q
}

func (q *Queue) Put(v int) {
	q.mu.Lock()
	q.items = append(q.items, v)
	q.mu.Unlock()
	q.nonEmpty.Signal()
}

func (q *Queue) Take() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.nonEmpty.Wait()
	}
	v := q.items[0]
	q.items = q.items[1:]
	return v
}

func main() {
	q := NewQueue()
	for i := range 3 {
		go q.Put(i + 1)
	}
	fmt.Println(q.Take() + q.Take() + q.Take())
}
