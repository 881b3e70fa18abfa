// Between the two accesses a thousand other goroutines come and go; none of them orders the one with the other.
//
//hb:case racy row=4 pattern=counter
//hb:expect variable=first what=variable missing=polling fits=channel|waitgroup
//hb:stock varies the finished goroutine's slot, one of 256, is given to later goroutines, with which main has synchronised
package main

import (
	"fmt"
	"runtime"
	"sync"
)

var first string

func main() {
	go func() {
		first = "early bird" // race: a
	}()
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	n := 0
	for range 1000 {
		wg.Go(func() {
			mu.Lock()
			n++
			mu.Unlock()
		})
	}
	wg.Wait()
	fmt.Println(n, first) // race: b
}
