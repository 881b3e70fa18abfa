// A watcher replaces the configuration that handlers read.
//
//hb:expect variable=current what=variable missing=unjoined|siblings fits=atomic-pointer|mutex|rwmutex
package main

import "fmt"

type Config struct {
	Name  string
	Limit int
}

var current = &Config{Name: "old"}

func watch(done chan<- bool) {
	current = &Config{Name: "new", Limit: 3} // race: a
	done <- true
}

func main() {
	done := make(chan bool)
	go watch(done)
	fmt.Println(current != nil) // race: b
	<-done
}
