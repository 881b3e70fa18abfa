// ref/mem, Goroutine destruction: the exit orders nothing.
//
//hb:allowed (nothing)|hello|corrupt string
//hb:races a
package main

import "fmt"

var a string

func main() {
	go func() { a = "hello" }()
	fmt.Println(a)
}
