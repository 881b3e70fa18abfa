// Nothing is written to the pipe: that it is closed is the message, and the end of file comes after it.
//
//hb:case clean row=22 pattern=done
//hb:stock reports no order is drawn from the close of a pipe to its end of file
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	var result int
	seen := make(chan int)
	go func() {
		io.Copy(io.Discard, r)
		seen <- result
	}()
	result = 42
	w.Close()
	fmt.Println(<-seen)
}
