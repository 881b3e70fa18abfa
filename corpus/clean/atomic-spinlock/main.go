// A spin lock from CompareAndSwap and Store: the swap that succeeds observes the store that released the lock.
//
//hb:case clean row=15 pattern=counter
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

type SpinLock struct {
	held atomic.Uint32
}

func (l *SpinLock) Lock() {
	for !l.held.CompareAndSwap(0, 1) {
		runtime.Gosched()
	}
}

func (l *SpinLock) Unlock() {
	l.held.Store(0)
}

func main() {
	var lock SpinLock
	visits := map[string]int{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 25 {
				lock.Lock()
				visits["home"]++
				lock.Unlock()
			}
		}()
	}
	wg.Wait()
	fmt.Println(visits["home"])
}
