// A write at the end of a program that calls os.Exit, and one in a goroutine that has not run yet.
//
//hb:case racy row=4 end=waits
//hb:expect variable=x what=variable missing=unjoined fits=channel|waitgroup
package main

import "os"

var x int

func main() {
	go func() { x = 1 }() // race: a
	x = 2                 // race: b
	os.Exit(0)
}
