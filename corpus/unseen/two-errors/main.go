// Two goroutines report their error in one variable.
//
//hb:expect variable=firstErr what=interface missing=siblings fits=mutex|channel|once
package main

import (
	"errors"
	"fmt"
	"sync"
)

func main() {
	var firstErr error
	var wg sync.WaitGroup
	for _, text := range []string{"disk", "net"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			firstErr = errors.New(text) // race: a b
		}()
	}
	wg.Wait()
	fmt.Println(firstErr != nil)
}
