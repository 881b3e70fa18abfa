// What hb makes of sync.Pool: one object of four is laid aside for the goroutine that put it.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	made := 0
	pool := sync.Pool{New: func() any { made++; return new(int) }}
	for range 1000 {
		pool.Put(pool.Get())
	}
	fmt.Println("made", made)

	ordered, racing, got := 0, 0, 0
	for range 200 {
		var pool sync.Pool
		value, before := 0, runtime.RaceErrors()
		go func() {
			value = 1
			pool.Put(&value)
		}()
		time.Sleep(100 * time.Microsecond)
		done := make(chan bool)
		go func() {
			x := pool.Get()
			value = 2
			if x != nil {
				got++
			}
			done <- x != nil
		}()
		switch handed := <-done; {
		case handed && runtime.RaceErrors() == before:
			ordered++
		case !handed && runtime.RaceErrors() > before:
			racing++
		}
	}
	fmt.Println("as it should be", ordered+racing, "some of each", ordered > 100 && racing > 10, got == ordered)
}
