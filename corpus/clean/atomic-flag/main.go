// A load that sees the store is ordered after it, and after what the storing goroutine wrote before.
//
//hb:case clean row=15 pattern=done-flag
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

func main() {
	var done atomic.Bool
	var result []int
	go func() {
		for i := range 4 {
			result = append(result, i*i)
		}
		done.Store(true)
	}()
	for !done.Load() {
		runtime.Gosched()
	}
	result = append(result, -1)
	fmt.Println(result)
}
