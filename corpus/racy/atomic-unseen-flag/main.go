// The flag is loaded, found unset, and the data used nevertheless: a load orders only after a store that it sees.
//
//hb:case racy row=15 pattern=done-flag
//hb:expect variable=quota what=variable missing=observed-nothing fits=atomic|channel
package main

import (
	"fmt"
	"sync/atomic"
)

func main() {
	var loaded atomic.Bool
	quota := 10
	used := make(chan struct{})
	done := make(chan struct{})
	go func() {
		quota = 50 // race: a
		<-used
		loaded.Store(true)
		close(done)
	}()
	if !loaded.Load() {
		fmt.Println("quota not loaded yet")
	}
	allowed := quota > 5 // race: b
	close(used)
	<-done
	fmt.Println(allowed)
}
