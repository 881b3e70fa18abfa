// One reader in a crowd is not waited for before the writer writes; all others are. Detectors that keep a few accesses per
// word have forgotten it by then.
//
//hb:case racy row=13 pattern=counter
//hb:expect variable=level what=variable missing=siblings fits=atomic|waitgroup
//hb:stock varies it keeps four accesses per eight bytes of memory and evicts one when a fifth comes
package main

import (
	"fmt"
	"sync"
	"time"
)

var level int

func main() {
	var wg sync.WaitGroup
	sums := make([]int, 64)
	crowd := func(part []int) {
		for i := range part {
			wg.Go(func() { part[i] = level + i%7*level })
		}
	}
	crowd(sums[:32])
	stray := make(chan int, 1)
	go func() {
		stray <- level // race: a
	}()
	for len(stray) == 0 {
		time.Sleep(time.Millisecond)
	}
	crowd(sums[32:])
	wg.Wait()
	level = 1 // race: b
	fmt.Println(<-stray <= level)
}
