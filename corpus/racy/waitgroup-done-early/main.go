// Done is called before the work is: the write that follows it is not covered by Wait.
//
//hb:case racy row=13 pattern=worker-pool
//hb:expect variable=lines what=variable missing=after-release fits=waitgroup|before-release
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	var lines int
	wg.Add(1)
	go func() {
		text := strings.Repeat("line\n", 3)
		wg.Done()
		lines = strings.Count(text, "\n") // race: a
	}()
	wg.Wait()
	n := lines // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(n <= 3)
}
