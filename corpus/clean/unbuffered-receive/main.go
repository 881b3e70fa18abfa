// On an unbuffered channel the receive comes before the completion of the send: the receiver's writes are visible to the sender.
//
//hb:case clean row=6
package main

import "fmt"

func main() {
	var greeting string
	handshake := make(chan int)
	go func() {
		greeting = "hello, sender"
		<-handshake
	}()
	handshake <- 0
	fmt.Println(greeting)
}
