// A buffered channel is taken for a sign that the receiver has come.
//
//hb:expect variable=prepared what=variable missing=buffered-receive|unjoined fits=channel|waitgroup|mutex
package main

import (
	"fmt"
	"time"
)

func main() {
	var prepared int
	ready := make(chan bool, 1)
	go func() {
		prepared = 7 // race: a
		<-ready
	}()
	ready <- true
	time.Sleep(10 * time.Millisecond)
	fmt.Println(prepared >= 0) // race: b
}
