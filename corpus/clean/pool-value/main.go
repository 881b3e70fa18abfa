// A pool of handles that are no pointers: the value that Get returns is the one that was Put, with what was done for it.
//
//hb:case clean row=18 pattern=cache
package main

import (
	"fmt"
	"sync"
)

func main() {
	var slots [8]int
	var free sync.Pool
	for i := range slots {
		free.Put(i)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 50 {
				slot, ok := free.Get().(int)
				if !ok {
					continue
				}
				slots[slot]++
				free.Put(slot)
			}
		})
	}
	wg.Wait()
	fmt.Println(len(slots))
}
