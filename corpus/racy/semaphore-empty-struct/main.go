// The same off-by-one with a channel of empty structs, the usual kind. The second goroutine comes in well after the first
// has left, so only the rule, not the timing, makes it a race: the first receive comes before the third send, not the second.
//
//hb:case racy row=8 pattern=worker-pool
//hb:expect variable=finished what=variable missing=semaphore-too-wide fits=mutex|atomic
//hb:stock misses channels of zero-size elements share one sync object over all slots, so each send acquires every earlier receive
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	slots := make(chan struct{}, 2)
	finished := 0
	left := make(chan bool, 1)
	var wg sync.WaitGroup
	task := func() {
		slots <- struct{}{}
		finished++ // race: a b
		<-slots
	}
	wg.Add(2)
	go func() {
		defer wg.Done()
		task()
		left <- true
	}()
	go func() {
		defer wg.Done()
		for len(left) == 0 {
			time.Sleep(time.Millisecond)
		}
		task()
	}()
	wg.Wait()
	fmt.Println(finished > 0)
}
