// One early reader is followed by many others, all of which the writer waits for; the early one it does not. Detectors that
// keep a few accesses per word have forgotten it by then.
//
//hb:case racy row=13 pattern=counter
//hb:expect variable=level what=variable missing=siblings fits=atomic|waitgroup
//hb:stock varies it keeps four accesses per eight bytes of memory and evicts one at random
package main

import (
	"fmt"
	"sync"
	"time"
)

var level int

func main() {
	early := make(chan int, 1)
	go func() {
		early <- level // race: a
	}()
	for len(early) == 0 {
		time.Sleep(time.Millisecond)
	}
	var wg sync.WaitGroup
	sums := make([]int, 64)
	for i := range sums {
		wg.Go(func() { sums[i] = level })
	}
	wg.Wait()
	level = 1 // race: b
	fmt.Println(<-early <= level)
}
