// Misconception: a sleep orders nothing.
//
//hb:allowed 0|42
//hb:races x
package main

import (
	"fmt"
	"time"
)

func main() {
	var x int
	go func() { x = 42 }()
	time.Sleep(time.Second)
	fmt.Println(x)
}
