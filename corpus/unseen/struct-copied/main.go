// A struct is copied as a whole while one of its fields is counted up.
//
//hb:expect variable=snapshot.errors what=field missing=unjoined|siblings fits=atomic|mutex
package main

import "fmt"

type snapshot struct {
	ok     int
	errors int
}

var now snapshot

func fail(done chan<- bool) {
	now.errors++ // race: a
	done <- true
}

func main() {
	done := make(chan bool)
	go fail(done)
	copied := now // race: b
	<-done
	fmt.Println(copied.errors >= 0)
}
