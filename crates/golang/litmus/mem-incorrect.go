// ref/mem, Incorrect synchronization: g may print 2 and then 0.
//
//hb:allowed 0 0|0 1|2 0|2 1
//hb:races a,b
package main

import "fmt"

var a, b int

func f() {
	a = 1
	b = 2
}

func main() {
	go f()
	y := b
	x := a
	fmt.Println(y, x)
}
