// A state is looked at and then set, with no lock, by two goroutines.
//
//hb:expect variable=door.state what=field missing=siblings fits=atomic|mutex|rwmutex
package main

import (
	"fmt"
	"sync"
)

type door struct{ state int }

func (d *door) open() bool {
	if d.state == 0 { // race: a
		d.state = 1 // race: b
		return true
	}
	return false
}

func main() {
	d := &door{}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { d.open() })
	}
	wg.Wait()
	fmt.Println(d.state)
}
