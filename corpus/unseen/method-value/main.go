// A callback is replaced while the loop that calls it runs.
//
//hb:expect variable=Poller.onTick what=variable missing=unjoined|siblings fits=mutex|rwmutex|before-go|channel
package main

import "fmt"

type Poller struct {
	onTick func(int)
	ticks  chan int
}

func (p *Poller) run(done chan<- bool) {
	for n := range p.ticks {
		if p.onTick != nil { // race: a
			p.onTick(n) // race: a
		}
	}
	done <- true
}

func main() {
	p := &Poller{ticks: make(chan int, 2)}
	done := make(chan bool)
	p.ticks <- 1
	close(p.ticks)
	go p.run(done)
	p.onTick = func(int) {} // race: b
	<-done
	fmt.Println("ticked")
}
