// With the file's language version below 1.22 all iterations share one variable, which the loop advances while the
// goroutines read it.
//
//hb:case racy row=25
//hb:expect variable=name what=variable missing=unjoined fits=loop-variable
//go:build go1.21

package main

import (
	"fmt"
	"sync"
)

func main() {
	lengths := make(chan int, 2)
	var wg sync.WaitGroup
	for _, name := range []string{"ann", "bernard"} { // race: a
		wg.Add(1)
		go func() {
			defer wg.Done()
			lengths <- len(name) // race: b
		}()
	}
	wg.Wait()
	fmt.Println(<-lengths+<-lengths > 0)
}
