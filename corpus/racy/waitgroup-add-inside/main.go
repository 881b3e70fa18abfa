// Add is called by the goroutine itself, too late: Wait finds nothing to wait for and returns at once.
//
//hb:case racy row=13 pattern=worker-pool
//hb:expect variable=total what=variable missing=add-inside fits=waitgroup
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	total := 0
	reported := make(chan int, 1)
	go func() {
		for len(reported) == 0 { // slow to start
			time.Sleep(time.Millisecond)
		}
		wg.Add(1)
		defer wg.Done()
		total += 10 // race: a
	}()
	wg.Wait()
	reported <- total // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(<-reported)
}
