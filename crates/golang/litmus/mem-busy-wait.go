// ref/mem, Incorrect synchronization: the loop need not end, and an end of it says nothing about a.
//
//hb:allowed (nothing)|hello, world|corrupt string|never ends
//hb:races a,done
package main

import "fmt"

var a string
var done bool

func setup() {
	a = "hello, world"
	done = true
}

func main() {
	go setup()
	for !done {
	}
	fmt.Println(a)
}
