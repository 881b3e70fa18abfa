// Example 5: mended with an atomic: no race, and either order.
//
//hb:allowed 0|42
//hb:races none
package main

import (
	"fmt"
	"sync/atomic"
)

func main() {
	var x atomic.Int64
	go func() { x.Store(42) }()
	fmt.Println(x.Load())
}
