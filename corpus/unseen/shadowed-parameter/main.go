// A parameter has the name of the package-level variable that is written through it.
//
//hb:expect variable=level what=variable missing=unjoined|siblings fits=atomic|mutex|rwmutex|channel
package main

import "fmt"

var level = 1

func raise(level *int, done chan<- bool) {
	*level = 2 // race: a
	done <- true
}

func main() {
	done := make(chan bool)
	go raise(&level, done)
	n := level // race: b
	<-done
	fmt.Println(n > 0)
}
