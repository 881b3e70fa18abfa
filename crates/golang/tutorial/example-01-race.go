// Example 1: the classic data race.
//
//hb:allowed 0|42
//hb:races x
package main

import "fmt"

func main() {
	var x int
	go func() { x = 42 }()
	fmt.Println(x)
}
