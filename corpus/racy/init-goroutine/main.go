// A goroutine started in init goes on filling a package variable; that init has returned says nothing about it.
//
//hb:case racy row=2 pattern=lazy-init
//hb:expect variable=motd what=variable missing=unjoined fits=close-channel|channel
package main

import (
	"fmt"
	"runtime"
	"time"
)

var motd string

func init() {
	go func() {
		motd = "welcome back" // race: a
	}()
}

func main() {
	time.Sleep(5 * time.Millisecond)
	greeting := motd // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(len(greeting) >= 0)
}
