// A semaphore of capacity two lets two goroutines in at once: as a lock it is one slot too wide.
//
//hb:case racy row=8 pattern=counter
//hb:expect variable=account.balance what=field missing=semaphore-too-wide fits=mutex
package main

import (
	"fmt"
	"sync"
)

type account struct {
	slots   chan int
	balance int
}

func (a *account) deposit(n int) {
	a.slots <- 1
	a.balance += n // race: a b
	<-a.slots
}

func main() {
	a := &account{slots: make(chan int, 2)}
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a.deposit(i + 1)
		}()
	}
	wg.Wait()
	fmt.Println(a.balance > 0)
}
