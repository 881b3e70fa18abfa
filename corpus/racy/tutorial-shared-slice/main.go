// A pitfall of the tutorial: two goroutines append to one slice.
//
//hb:case racy row=23 end=waits
//hb:expect variable=s what=slice missing=siblings fits=mutex
package main

var s []int

func main() {
	go func() { s = append(s, 1) }() // race: a
	go func() { s = append(s, 2) }() // race: b
}
