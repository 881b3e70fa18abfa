// Subscribers are appended under the lock, but Publish walks the list without it.
//
//hb:case racy row=10,23 pattern=pubsub
//hb:expect variable=Broker.subscribers what=slice missing=not-held fits=same-lock
package main

import (
	"fmt"
	"sync"
)

type Broker struct {
	mu          sync.Mutex
	subscribers []chan string
}

func (b *Broker) Subscribe() <-chan string {
	ch := make(chan string, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers = append(b.subscribers, ch) // race: a
	return ch
}

func (b *Broker) Publish(msg string) {
	for _, ch := range b.subscribers { // race: b
		ch <- msg
	}
}

func main() {
	b := &Broker{}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		b.Subscribe()
	}()
	go func() {
		defer wg.Done()
		b.Publish("hello")
	}()
	wg.Wait()
	fmt.Println(len(b.subscribers))
}
