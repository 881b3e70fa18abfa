// A mistake of the tutorial: time.Sleep in the place of synchronisation.
//
//hb:case racy row=20 pattern=result
//hb:expect variable=x what=variable missing=polling fits=channel|waitgroup
package main

import (
	"fmt"
	"time"
)

func main() {
	var x int
	go func() {
		x = 42 // race: a
	}()
	time.Sleep(100 * time.Millisecond)
	fmt.Println(x) // race: b
}
