// As with Signal: what was written before the Broadcast is visible to every Wait that it unblocks.
//
//hb:case clean row=14 pattern=shutdown
//hb:stock reports no edge is drawn from Signal or Broadcast to the Wait it unblocks
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var mu sync.Mutex
	gate := sync.NewCond(&mu)
	waiting := 0
	reason := ""
	seen := make(chan int)
	for range 3 {
		go func() {
			mu.Lock()
			waiting++
			gate.Wait()
			mu.Unlock()
			seen <- len(reason)
		}()
	}
	for all := false; !all; time.Sleep(time.Millisecond) {
		mu.Lock()
		all = waiting == 3
		mu.Unlock()
	}
	reason = "maintenance"
	gate.Broadcast()
	fmt.Println(<-seen + <-seen + <-seen)
}
