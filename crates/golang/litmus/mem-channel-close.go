// ref/mem, Channel communication: close in place of the send.
//
//hb:allowed hello, world
//hb:races none
package main

import "fmt"

var c = make(chan int, 10)
var a string

func f() {
	a = "hello, world"
	close(c)
}

func main() {
	go f()
	<-c
	fmt.Println(a)
}
