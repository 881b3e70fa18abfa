// A pitfall of the tutorial: before Go 1.22 all iterations share one variable.
//
//hb:case racy row=25 end=waits
//hb:expect variable=i what=variable missing=unjoined fits=loop-variable
//go:build go1.21

package main

import "fmt"

func main() {
	for i := 0; i < 5; i++ { // race: a
		go func() {
			fmt.Println(i) // race: b
		}()
	}
}
