// The byte read from an os.Pipe was written after the result: data through the pipe orders.
//
//hb:case clean row=22 pattern=result
package main

import (
	"fmt"
	"os"
)

func main() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	defer r.Close()
	var squares []int
	go func() {
		for i := range 5 {
			squares = append(squares, i*i)
		}
		w.Write([]byte{1})
		w.Close()
	}()
	var signal [1]byte
	if _, err := r.Read(signal[:]); err != nil {
		panic(err)
	}
	fmt.Println(squares)
}
