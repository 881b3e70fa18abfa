// A select loop owns its state; every case is an ordinary channel operation and orders as one.
//
//hb:case clean row=9 pattern=pubsub
package main

import "fmt"

type order struct {
	id    int
	total float64
}

func main() {
	orders := make(chan *order)
	cancels := make(chan int, 1)
	quit := make(chan struct{})
	open := map[int]*order{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case o := <-orders:
				o.total *= 1.2
				open[o.id] = o
			case id := <-cancels:
				delete(open, id)
			case <-quit:
				return
			}
		}
	}()
	for i := range 4 {
		o := &order{id: i}
		o.total = float64(10 * i)
		orders <- o
	}
	cancels <- 2
	for len(cancels) > 0 {
		select {
		case orders <- &order{id: 9}:
		default:
		}
	}
	close(quit)
	<-done
	fmt.Println(open[1].total)
}
