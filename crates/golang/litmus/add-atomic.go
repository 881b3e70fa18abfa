// Two additions.
//
//hb:allowed 2
//hb:forbidden 1
//hb:races none
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var x atomic.Int32
	var wg sync.WaitGroup
	wg.Go(func() {
		x.Add(1)
	})
	wg.Go(func() {
		x.Add(1)
	})
	wg.Wait()
	fmt.Println(x.Load())
}
