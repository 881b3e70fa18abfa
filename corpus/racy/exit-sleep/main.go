// The result is read after a sleep, because the goroutine "must be done by now". Sleeping synchronises nothing.
//
//hb:case racy row=4 pattern=result
//hb:expect variable=answer what=variable missing=polling fits=channel|waitgroup
package main

import (
	"fmt"
	"runtime"
	"time"
)

func slowSquare(n int) int {
	time.Sleep(time.Millisecond)
	return n * n
}

func main() {
	var answer int
	go func() {
		answer = slowSquare(12) // race: a
	}()
	time.Sleep(20 * time.Millisecond)
	got := answer // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(got >= 0)
}
