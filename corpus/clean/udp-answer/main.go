// A datagram that is received comes after what was done before it was sent.
//
//hb:case clean row=22 pattern=result
//hb:stock reports no order is drawn from a datagram that is sent to its arrival
package main

import (
	"fmt"
	"net"
)

func main() {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	client, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var question string
	answered := make(chan string)
	go func() {
		p := make([]byte, 64)
		n, _, err := server.ReadFrom(p)
		if err != nil {
			panic(err)
		}
		answered <- question + string(p[:n])
	}()
	question = "which port"
	if _, err := client.WriteTo([]byte("?"), server.LocalAddr()); err != nil {
		panic(err)
	}
	fmt.Println(<-answered)
}
