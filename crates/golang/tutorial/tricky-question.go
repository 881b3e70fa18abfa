// Tricky question: what is wrong with this code?
//
//hb:allowed 0|42|never ends
//hb:races done,x
package main

import "fmt"

var done bool
var x int

func main() {
	go func() {
		x = 42
		done = true
	}()
	for !done {
	}
	fmt.Println(x)
}
