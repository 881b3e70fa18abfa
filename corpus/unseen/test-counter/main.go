// Handlers count calls in a variable of the test that starts them.
//
//hb:expect variable=calls what=variable missing=siblings|unjoined fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

func each(items []string, do func(string)) {
	var wg sync.WaitGroup
	for _, item := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			do(item)
		}()
	}
	wg.Wait()
}

func main() {
	calls := 0
	each([]string{"a", "b", "c"}, func(string) {
		calls++ // race: a b
	})
	fmt.Println(calls > 0)
}
