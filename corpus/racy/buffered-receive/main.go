// The same handshake on a buffered channel: the send completes at once, so the receive does not order it.
//
//hb:case racy row=6
//hb:expect variable=greeting what=variable missing=buffered-receive fits=channel
package main

import (
	"fmt"
	"runtime"
)

func main() {
	var greeting string
	handshake := make(chan int, 1)
	go func() {
		greeting = "hello, sender" // race: a
		<-handshake
	}()
	handshake <- 0
	size := len(greeting) // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(size >= 0)
}
