// A WaitGroup is added to beside the Wait that should cover it.
//
//hb:expect variable=wg what=variable missing=unjoined|siblings fits=waitgroup
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1) // race: a
		time.Sleep(20 * time.Millisecond)
		wg.Done()
	}()
	time.Sleep(5 * time.Millisecond)
	wg.Wait() // race: b
	fmt.Println("waited")
}
