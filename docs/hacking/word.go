// A program for docs/hacking.md: a goroutine writes a word, says where it lies, and waits.
package main

import (
	"fmt"
	"time"
)

func main() {
	wrote := make(chan *int)
	go func() {
		word := new(int)
		*word = 1
		wrote <- word
		time.Sleep(time.Minute)
	}()
	fmt.Println(<-wrote)
	time.Sleep(time.Minute)
}
