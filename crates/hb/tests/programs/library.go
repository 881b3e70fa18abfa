// A Go library for a program in C.
package main

import "C"

import (
	"runtime"
	"sync/atomic"
)

var x int
var arrived atomic.Int32

//export Race
func Race() {
	go func() {
		x = 1
		arrived.Add(1)
	}()
	x = 2
	for arrived.Load() == 0 {
		runtime.Gosched()
	}
}

//export Add
func Add() { x++ }

//export Count
func Count() int { return x }

func main() {}
