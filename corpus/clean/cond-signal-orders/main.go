// The data is written after the flag was released, but before the Signal; the Signal comes before the return of the Wait it
// unblocks. The waiter is known to wait, since it holds the lock from setting waiting until Wait gives it up.
//
//hb:case clean row=14 pattern=done-flag
//hb:stock reports no edge is drawn from Signal or Broadcast to the Wait it unblocks
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var mu sync.Mutex
	arrived := sync.NewCond(&mu)
	waiting := false
	parcel := ""
	got := make(chan string)
	go func() {
		mu.Lock()
		waiting = true
		arrived.Wait()
		mu.Unlock()
		got <- parcel
	}()
	for {
		mu.Lock()
		ready := waiting
		mu.Unlock()
		if ready {
			break
		}
		time.Sleep(time.Millisecond)
	}
	parcel = "a book"
	arrived.Signal()
	fmt.Println(<-got)
}
