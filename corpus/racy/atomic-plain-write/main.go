// A periodic reset stores plainly to a counter that is otherwise atomic.
//
//hb:case racy row=15 pattern=counter
//hb:expect variable=window.hits what=field missing=plain-beside-atomic fits=atomic
//hb:stock varies where the atomic access came first, its stack lacks the user's frame
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type window struct {
	hits uint32
}

func (w *window) hit() bool {
	return atomic.AddUint32(&w.hits, 1) < 100 // race: a
}

func (w *window) reset() {
	w.hits = 0 // race: b
}

func main() {
	w := &window{}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		w.hit()
	}()
	go func() {
		defer wg.Done()
		w.reset()
	}()
	wg.Wait()
	fmt.Println(w.hits <= 1)
}
