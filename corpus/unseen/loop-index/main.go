// The index that a loop declares outside is read by the goroutines of its rounds.
//
//hb:expect variable=i what=variable missing=unjoined|siblings fits=loop-variable|own-copy
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	var seen [3]chan int
	for k := range seen {
		seen[k] = make(chan int, 1)
	}
	var i int
	for i = 0; i < 3; i++ { // race: b
		wg.Add(1)
		out := seen[i]
		go func() {
			defer wg.Done()
			out <- i // race: a
		}()
	}
	wg.Wait()
	fmt.Println(<-seen[0] >= 0)
}
