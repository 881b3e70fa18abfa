// A channel that should be a lock lets two in.
//
//hb:expect variable=balance what=variable missing=semaphore-too-wide|siblings fits=mutex|same-lock
package main

import (
	"fmt"
	"sync"
	"time"
)

var balance int

func deposit(slots chan struct{}, n int) {
	slots <- struct{}{}
	balance += n // race: a b
	time.Sleep(5 * time.Millisecond)
	<-slots
}

func main() {
	slots := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() { deposit(slots, i+1) })
	}
	wg.Wait()
	fmt.Println(balance > 0)
}
