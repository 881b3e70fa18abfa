// The tutorial's tricky question: what is wrong with this code? Two races, on done and on x.
//
//hb:case racy row=4 pattern=done
//hb:expect variable=done what=variable missing=unjoined fits=atomic|close-channel
//hb:expect variable=x what=variable missing=unjoined fits=close-channel
package main

import "fmt"

func main() {
	var x int
	var done bool
	go func() {
		x = 42      // race: a2
		done = true // race: a1
	}()
	for !done { // race: b1
	}
	fmt.Println(x) // race: b2
}
