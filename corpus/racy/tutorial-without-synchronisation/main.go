// The tutorial's diagram without synchronisation: one goroutine writes, another reads, and main
// is gone.
//
//hb:case racy row=4 end=waits
//hb:expect variable=x what=variable missing=siblings fits=channel
package main

import "fmt"

var x int

func main() {
	go func() { x = 1 }()          // race: a
	go func() { fmt.Println(x) }() // race: b
}
