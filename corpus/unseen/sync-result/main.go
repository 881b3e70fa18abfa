// A named result is set by a goroutine and by the return of the function itself.
//
//hb:expect variable=err what=interface missing=unjoined fits=own-copy|channel|mutex
package main

import (
	"errors"
	"fmt"
	"sync"
)

func apply(wg *sync.WaitGroup) (err error) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		err = errors.New("pruned") // race: a
	}()
	return nil // race: b
}

func main() {
	var wg sync.WaitGroup
	err := apply(&wg)
	wg.Wait()
	fmt.Println(err == nil)
}
