// A directory walker adds to its WaitGroup in the goroutine that it starts.
//
//hb:expect variable=found what=variable missing=add-inside|unjoined fits=waitgroup
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	found := 0
	ended := make(chan bool, 1)
	go func() {
		time.Sleep(5 * time.Millisecond)
		wg.Add(1)
		defer wg.Done()
		found = 3 // race: a
		ended <- true
	}()
	wg.Wait()
	fmt.Println(found >= 0) // race: b
	<-ended
}
