// Bytes are counted through a pointer to a field.
//
//hb:expect variable=meter.bytes what=field missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

type meter struct {
	name  string
	bytes uint64
}

func count(to *uint64, n uint64) {
	*to += n // race: a b
}

func main() {
	m := &meter{name: "in"}
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() { count(&m.bytes, uint64(i+1)) })
	}
	wg.Wait()
	fmt.Println(m.bytes > 0)
}
