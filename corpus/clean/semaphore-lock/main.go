// A channel of capacity one used as a lock: the k-th receive comes before the completion of the (k+1)-th send.
//
//hb:case clean row=8 pattern=counter
package main

import (
	"fmt"
	"sync"
)

type account struct {
	lock    chan int
	balance int
}

func (a *account) deposit(n int) {
	a.lock <- 1
	a.balance += n
	<-a.lock
}

func main() {
	a := &account{lock: make(chan int, 1)}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a.deposit(i)
		}()
	}
	wg.Wait()
	fmt.Println(a.balance)
}
