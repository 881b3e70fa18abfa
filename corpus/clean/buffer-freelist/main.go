// A buffered channel as a free list of buffers: a buffer comes back with everything its last user did to it.
//
//hb:case clean row=8 pattern=cache
package main

import (
	"bytes"
	"fmt"
	"sync"
)

func main() {
	free := make(chan *bytes.Buffer, 3)
	for range cap(free) {
		free <- &bytes.Buffer{}
	}
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for line := range 5 {
				b := <-free
				b.Reset()
				fmt.Fprintf(b, "worker %d line %d", worker, line)
				free <- b
			}
		}()
	}
	wg.Wait()
	for range cap(free) {
		fmt.Println((<-free).Len() > 0)
	}
}
