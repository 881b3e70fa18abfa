// Two producers note the latest reading in one variable before they send, each on its own channel. The select orders each
// with the consumer, not with the other.
//
//hb:case racy row=9 pattern=pubsub
//hb:expect variable=latest what=variable missing=siblings fits=atomic|mutex|channel
package main

import "fmt"

func main() {
	var latest int
	indoor := make(chan int)
	outdoor := make(chan int)
	go func() {
		latest = 21 // race: a
		indoor <- 21
	}()
	go func() {
		latest = 4 // race: b
		outdoor <- 4
	}()
	sum := 0
	for range 2 {
		select {
		case t := <-indoor:
			sum += t
		case t := <-outdoor:
			sum += t
		}
	}
	fmt.Println(sum, latest > 0)
}
