// Goroutines take turns by flock on a file, each with a descriptor of its own: the kernel lets one in when another unlocks, or
// closes its descriptor.
//
//hb:case clean row=22 pattern=counter
//hb:stock reports no order is drawn from an unlock to the lock that it lets through
package main

import (
	"fmt"
	"os"
	"sync"
	"syscall"
)

func main() {
	file, err := os.CreateTemp("", "lock")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	total := 0
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			lock, err := os.Open(file.Name())
			if err != nil {
				panic(err)
			}
			if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
				panic(err)
			}
			total++
			if i%2 == 0 {
				syscall.Flock(int(lock.Fd()), syscall.LOCK_UN)
			}
			lock.Close()
		})
	}
	wg.Wait()
	fmt.Println(total)
}
