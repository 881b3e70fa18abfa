// A title is changed by one goroutine and printed by another.
//
//hb:expect variable=title what=string missing=unjoined|siblings fits=mutex|rwmutex|channel|atomic-pointer
package main

import "fmt"

var title = "start"

func rename(done chan<- bool) {
	title = "the end" // race: a
	done <- true
}

func main() {
	done := make(chan bool)
	go rename(done)
	n := len(title) // race: b
	<-done
	fmt.Println(n > 0)
}
