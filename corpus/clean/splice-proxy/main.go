// A proxy copies one connection to another (io.Copy, which is splice). What the sender did before it wrote comes before what the
// receiver does.
//
//hb:case clean row=22 pattern=result
package main

import (
	"fmt"
	"io"
	"net"
)

func pair() (net.Conn, net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	far, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	return near, far
}

func main() {
	sender, in := pair()
	out, receiver := pair()
	go func() {
		io.Copy(out, in)
		out.Close()
	}()
	var order string
	received := make(chan string)
	go func() {
		text, _ := io.ReadAll(receiver)
		received <- order + string(text)
	}()
	order = "two of "
	io.WriteString(sender, "the usual")
	sender.Close()
	fmt.Println(<-received)
}
