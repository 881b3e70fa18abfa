// The iterator's body counts in a plain variable that a third goroutine, with no part in the switches, reads.
//
//hb:case racy row=24 pattern=counter
//hb:expect variable=produced what=variable missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"iter"
	"sync"
)

func main() {
	produced := 0
	numbers := func(yield func(int) bool) {
		for i := 0; i < 3; i++ {
			produced++ // race: a
			if !yield(i) {
				return
			}
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		next, stop := iter.Pull(iter.Seq[int](numbers))
		defer stop()
		next()
	})
	seen := 0
	wg.Go(func() {
		seen = produced // race: b
	})
	wg.Wait()
	fmt.Println(seen <= produced)
}
