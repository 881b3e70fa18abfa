// The sender goes on using the message after it was sent: the send orders only what came before it.
//
//hb:case racy row=5 pattern=worker-pool
//hb:expect variable=event.attempts what=field missing=after-release fits=own-copy|mutex
package main

import "fmt"

type event struct {
	name     string
	attempts int
}

func main() {
	events := make(chan *event, 1)
	seen := make(chan int)
	go func() {
		e := <-events
		seen <- e.attempts // race: a
	}()
	e := &event{name: "login"}
	e.attempts = 1
	events <- e
	e.attempts = 2 // race: b
	fmt.Println(<-seen > 0)
}
