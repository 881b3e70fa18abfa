// The reader sees the second store, made by a goroutine that never observed the first: it is ordered after the one, not the other.
//
//hb:case racy row=15 pattern=hot-config
//hb:expect variable=primary what=string missing=observed-nothing fits=mutex|atomic-pointer
package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

func main() {
	var version atomic.Int32
	var primary, fallback string
	stored := make(chan int, 2)
	go func() {
		primary = "eu-1" // race: a
		version.Store(1)
		stored <- 1
	}()
	go func() {
		for len(stored) == 0 {
			time.Sleep(time.Millisecond)
		}
		fallback = "eu-2"
		version.Store(2)
		stored <- 2
	}()
	for len(stored) < 2 {
		time.Sleep(time.Millisecond)
	}
	if version.Load() == 2 {
		fmt.Println(fallback, primary) // race: b
	}
}
