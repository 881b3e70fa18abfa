// An error variable is an interface, two words: a reader in between could see one value's type and the other's data.
//
//hb:case racy row=23 pattern=result
//hb:expect variable=lastErr what=interface missing=siblings fits=mutex|channel
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

var lastErr error

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		lastErr = errors.New("disk full") // race: a
	}()
	go func() {
		defer wg.Done()
		lastErr = &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist} // race: b
	}()
	wg.Wait()
	fmt.Println(lastErr != nil)
}
