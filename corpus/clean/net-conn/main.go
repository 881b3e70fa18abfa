// Data through a loopback connection orders: what the server wrote to its log before it answered is visible to the client.
//
//hb:case clean row=22 pattern=http-handler
package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var log []string
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		line, _ := bufio.NewReader(conn).ReadString('\n')
		log = append(log, strings.TrimSpace(line))
		fmt.Fprintln(conn, "ok")
	}()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	fmt.Fprintln(conn, "hello")
	answer, _ := bufio.NewReader(conn).ReadString('\n')
	fmt.Println(strings.TrimSpace(answer), log)
}
