// Goroutines take turns by record locks on a file (fcntl, open file description locks, so that they hold between descriptors of
// one process).
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

const setLockWait = 38 // F_OFD_SETLKW

func main() {
	file, err := os.CreateTemp("", "lock")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	total := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			lock, err := os.OpenFile(file.Name(), os.O_RDWR, 0)
			if err != nil {
				panic(err)
			}
			defer lock.Close()
			record := syscall.Flock_t{Type: syscall.F_WRLCK, Len: 1}
			if err := syscall.FcntlFlock(lock.Fd(), setLockWait, &record); err != nil {
				panic(err)
			}
			total++
			record.Type = syscall.F_UNLCK
			if err := syscall.FcntlFlock(lock.Fd(), setLockWait, &record); err != nil {
				panic(err)
			}
		})
	}
	wg.Wait()
	fmt.Println(total)
}
