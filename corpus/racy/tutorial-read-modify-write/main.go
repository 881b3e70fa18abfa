// A pitfall of the tutorial: counter++ reads, adds and writes.
//
//hb:case racy row=4 pattern=counter end=waits
//hb:expect variable=counter what=variable missing=siblings fits=atomic
package main

var counter int64

func main() {
	go func() { counter++ }() // race: a
	go func() { counter++ }() // race: b
}
