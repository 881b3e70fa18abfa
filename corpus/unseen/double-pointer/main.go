// A pointer is replaced through a pointer to it.
//
//hb:expect variable=head what=variable missing=unjoined|siblings fits=atomic-pointer|mutex|channel
package main

import "fmt"

type item struct{ next *item }

func push(head **item, done chan<- bool) {
	*head = &item{} // race: a
	done <- true
}

func main() {
	var head *item
	done := make(chan bool)
	go push(&head, done)
	empty := head == nil // race: b
	<-done
	fmt.Println(empty || !empty)
}
