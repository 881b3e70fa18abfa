// The recovered panic is noted in a variable that main looks at without waiting for the goroutine.
//
//hb:case racy row=24,4 pattern=result
//hb:expect variable=failure what=interface missing=unjoined fits=channel
package main

import (
	"fmt"
	"runtime"
)

func divide(a, b int) int { return a / b }

func main() {
	var failure any
	go func() {
		defer func() {
			failure = recover() // race: a
		}()
		fmt.Println(divide(1, len(runtime.GOARCH)-5))
	}()
	failed := failure != nil // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(failed || !failed)
}
