// Example 3: mended with a channel.
//
//hb:allowed 42
//hb:races none
package main

import "fmt"

func main() {
	var x int
	done := make(chan struct{})
	go func() {
		x = 42
		close(done)
	}()
	<-done
	fmt.Println(x)
}
