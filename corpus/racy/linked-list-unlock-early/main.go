// The list's head is taken under the lock, its elements are changed after the Unlock.
//
//hb:case racy row=10 pattern=cache
//hb:expect variable=entry.uses what=field missing=not-held fits=same-lock|atomic
package main

import (
	"fmt"
	"sync"
)

type entry struct {
	key  string
	uses int
	next *entry
}

type LRU struct {
	mu   sync.Mutex
	head *entry
	lent sync.WaitGroup
}

func (l *LRU) Use() {
	l.mu.Lock()
	e := l.head
	l.mu.Unlock()
	l.lent.Done()
	l.lent.Wait()
	e.uses++ // race: a b
}

func main() {
	l := &LRU{head: &entry{key: "k"}}
	l.lent.Add(2)
	done := make(chan bool, 2)
	for range 2 {
		go func() {
			l.Use()
			done <- true
		}()
	}
	<-done
	<-done
	fmt.Println(l.head.uses > 0)
}
