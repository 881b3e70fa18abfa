// One goroutine adds to a map, another looks something up, even something else: a map is one variable.
//
//hb:case racy row=23 pattern=cache
//hb:expect variable=prices what=map missing=unjoined fits=mutex|rwmutex
package main

import (
	"fmt"
	"time"
)

func main() {
	prices := map[string]int{"tea": 3}
	done := make(chan struct{})
	go func() {
		prices["coffee"] = 4 // race: a
		close(done)
	}()
	time.Sleep(5 * time.Millisecond)
	tea := prices["tea"] // race: b
	<-done
	fmt.Println(tea)
}
