// Publish copies the list under the lock and sends outside of it.
//
//hb:case clean row=10,5 pattern=pubsub
package main

import (
	"fmt"
	"slices"
	"sync"
)

type Broker struct {
	mu          sync.Mutex
	subscribers []chan *string
}

func (b *Broker) Subscribe() <-chan *string {
	ch := make(chan *string, 4)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers = append(b.subscribers, ch)
	return ch
}

func (b *Broker) Publish(msg string) {
	b.mu.Lock()
	current := slices.Clone(b.subscribers)
	b.mu.Unlock()
	for _, ch := range current {
		ch <- &msg
	}
}

func main() {
	b := &Broker{}
	var wg sync.WaitGroup
	for range 3 {
		first := b.Subscribe()
		wg.Go(func() {
			if *<-first == "" {
				panic("empty message")
			}
		})
		wg.Go(func() { b.Subscribe() })
	}
	b.Publish("hello")
	wg.Wait()
	fmt.Println(len(b.subscribers))
}
