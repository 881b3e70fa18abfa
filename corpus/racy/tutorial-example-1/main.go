// Example 1 of the tutorial, the classic data race. The goroutine runs when main has come to its
// end.
//
//hb:case racy row=4 end=waits
//hb:expect variable=x what=variable missing=unjoined fits=channel|waitgroup
package main

import "fmt"

func main() {
	var x int
	go func() {
		x = 42 // race: a
	}()
	fmt.Println(x) // race: b
}
