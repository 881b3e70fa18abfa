// A TryLock from before there was one: the mutex's state word is set by the program's own atomic operation. That counts as its
// Lock, also beside the mutex's own methods.
//
//hb:case clean row=10 pattern=counter
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

type tryMutex struct{ sync.Mutex }

func (m *tryMutex) try() bool {
	return atomic.CompareAndSwapInt32((*int32)(unsafe.Pointer(&m.Mutex)), 0, 1)
}

func main() {
	var mu tryMutex
	total := 0
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				if i%2 == 0 {
					mu.Lock()
				} else {
					for !mu.try() {
						runtime.Gosched()
					}
				}
				total++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	fmt.Println(total)
}
