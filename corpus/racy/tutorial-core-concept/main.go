// The tutorial's first lines of code: a write in a goroutine, a read in main, no synchronisation.
//
//hb:case racy row=4 end=waits
//hb:expect variable=x what=variable missing=unjoined fits=channel|waitgroup
package main

import "fmt"

var x int

func main() {
	go func() { x = 1 }() // race: a
	fmt.Println(x)        // race: b
}
