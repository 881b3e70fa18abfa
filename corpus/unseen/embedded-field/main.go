// A field of an embedded struct is set by a goroutine.
//
//hb:expect variable=base.state what=field missing=unjoined|siblings fits=atomic|mutex|rwmutex
package main

import "fmt"

type base struct{ state int }

type worker struct {
	base
	name string
}

func (w *worker) begin(done chan<- bool) {
	w.state = 1 // race: a
	done <- true
}

func main() {
	w := &worker{name: "w"}
	done := make(chan bool)
	go w.begin(done)
	s := w.state // race: b
	<-done
	fmt.Println(s >= 0)
}
