// Plugins register in a map that a lookup reads.
//
//hb:expect variable=plugins what=map missing=unjoined|siblings fits=mutex|rwmutex
package main

import (
	"fmt"
	"time"
)

var plugins = map[string]func() string{}

func register(name string, f func() string) {
	plugins[name] = f // race: a
}

func lookup(name string) func() string {
	return plugins[name] // race: b
}

func main() {
	ended := make(chan bool)
	go func() {
		register("json", func() string { return "{}" })
		ended <- true
	}()
	time.Sleep(20 * time.Millisecond)
	f := lookup("json")
	<-ended
	fmt.Println(f == nil || f() == "{}")
}
