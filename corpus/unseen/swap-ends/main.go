// Two ends of a range are exchanged while another goroutine reads one of them.
//
//hb:expect variable=low what=variable missing=unjoined|siblings fits=mutex|channel|atomic
package main

import "fmt"

var low, high = 1, 9

func flip(done chan<- bool) {
	low, high = high, low // race: a
	done <- true
}

func main() {
	done := make(chan bool)
	go flip(done)
	n := low // race: b
	<-done
	fmt.Println(n > 0, high > 0)
}
