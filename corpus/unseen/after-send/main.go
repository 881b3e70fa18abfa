// A message is completed after it was sent.
//
//hb:expect variable=message.size what=field missing=after-release|buffered-receive fits=before-release|own-copy
package main

import "fmt"

type message struct {
	body string
	size int
}

func main() {
	out := make(chan *message, 1)
	got := make(chan int)
	go func() {
		m := <-out
		got <- m.size // race: a
	}()
	m := &message{body: "hello"}
	out <- m
	m.size = len(m.body) // race: b
	fmt.Println(<-got >= 0)
}
