// Concurrent requests for one key share one load: the first creates the call, the others wait for its channel.
//
//hb:case clean row=10,7 pattern=cache
package main

import (
	"fmt"
	"sync"
)

type call struct {
	done  chan struct{}
	value string
}

type Loader struct {
	mu    sync.Mutex
	calls map[string]*call
}

func (l *Loader) Load(key string) string {
	l.mu.Lock()
	if c, ok := l.calls[key]; ok {
		l.mu.Unlock()
		<-c.done
		return c.value
	}
	c := &call{done: make(chan struct{})}
	l.calls[key] = c
	l.mu.Unlock()
	c.value = "value of " + key
	close(c.done)
	return c.value
}

func main() {
	l := &Loader{calls: map[string]*call{}}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if l.Load(fmt.Sprint("k", i%2)) == "" {
				panic("empty value")
			}
		})
	}
	wg.Wait()
	fmt.Println(len(l.calls))
}
