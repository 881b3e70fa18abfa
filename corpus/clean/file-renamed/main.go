// A file that appears under its name is complete: it was renamed when it was. Who finds it comes after what was done before.
//
//hb:case clean row=22 pattern=done
//hb:stock reports no order is drawn from a rename to the call that finds the new name
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fresh, ready := filepath.Join(dir, "fresh"), filepath.Join(dir, "ready")
	if err := os.WriteFile(fresh, []byte("mail\n"), 0o600); err != nil {
		panic(err)
	}
	var count int
	found := make(chan int)
	go func() {
		for {
			if _, err := os.Stat(ready); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		found <- count
	}()
	count = 1
	os.Rename(fresh, ready)
	fmt.Println(<-found)
}
