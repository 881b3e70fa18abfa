// Ownership of a message passes with the send: the receiver may change it, the sender no longer touches it.
//
//hb:case clean row=5 pattern=worker-pool
package main

import "fmt"

type message struct {
	body string
	hops int
}

func forward(in <-chan *message, out chan<- *message) {
	for m := range in {
		m.hops++
		out <- m
	}
	close(out)
}

func main() {
	first := make(chan *message, 2)
	second := make(chan *message)
	third := make(chan *message, 1)
	go forward(first, second)
	go forward(second, third)
	go func() {
		for i := range 5 {
			m := &message{body: fmt.Sprint("msg", i)}
			m.hops = 1
			first <- m
		}
		close(first)
	}()
	hops := 0
	for m := range third {
		hops += m.hops
	}
	fmt.Println(hops)
}
