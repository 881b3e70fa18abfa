// Nobody waits when Signal is called, so it unblocks no Wait and orders nothing.
//
//hb:case racy row=14 pattern=done-flag
//hb:expect variable=parcel what=string missing=observed-nothing fits=channel|close-channel
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	arrived := sync.NewCond(&sync.Mutex{})
	parcel := ""
	go func() {
		parcel = "a book" // race: a
		arrived.Signal()
	}()
	time.Sleep(5 * time.Millisecond)
	got := parcel // race: b
	arrived.Signal()
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(len(got) < 10)
}
