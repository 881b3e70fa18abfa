// ref/mem, Incorrect synchronization: a pointer that is seen says nothing about what it points to;
// and as each read stands for itself, the last one may see nil again.
//
//hb:allowed (nothing)|hello, world|corrupt string|never ends|panic: runtime error: invalid memory address or nil pointer dereference
//hb:races T.msg,g
package main

import "fmt"

type T struct {
	msg string
}

var g *T

func setup() {
	t := new(T)
	t.msg = "hello, world"
	g = t
}

func main() {
	go setup()
	for g == nil {
	}
	fmt.Println(g.msg)
}
