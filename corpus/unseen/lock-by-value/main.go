// A counter with its mutex is passed by value.
//
//hb:expect variable=limiter.used what=element missing=copied-lock fits=mutex
package main

import (
	"fmt"
	"sync"
)

type limiter struct {
	mu   sync.Mutex
	used []int
}

func (l limiter) take(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used[i]++ // race: a b
}

func main() {
	l := limiter{used: make([]int, 3)}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { l.take(1) })
	}
	wg.Wait()
	fmt.Println(l.used[1] > 0)
}
