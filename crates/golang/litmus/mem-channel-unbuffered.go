// ref/mem, Channel communication: the receive from an unbuffered channel.
//
//hb:allowed hello, world
//hb:races none
package main

import "fmt"

var c = make(chan int)
var a string

func f() {
	a = "hello, world"
	<-c
}

func main() {
	go f()
	c <- 0
	fmt.Println(a)
}
