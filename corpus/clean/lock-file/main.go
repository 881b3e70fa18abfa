// A directory as a lock: of those who make it one succeeds, and removing it lets in the next. The kernel orders them.
//
//hb:case clean row=22 pattern=counter
//hb:stock reports no order is drawn between calls that make and remove a name
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	dir, err := os.MkdirTemp("", "locks")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	lock := filepath.Join(dir, "lock")
	total := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for os.Mkdir(lock, 0o700) != nil {
				time.Sleep(time.Millisecond)
			}
			total++
			os.Remove(lock)
		})
	}
	wg.Wait()
	fmt.Println(total)
}
