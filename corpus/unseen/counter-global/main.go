// Requests are counted in a package-level variable.
//
//hb:expect variable=requests what=variable missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

var requests int

func handle() {
	requests++ // race: a b
}

func main() {
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(handle)
	}
	wg.Wait()
	fmt.Println(requests > 0)
}
