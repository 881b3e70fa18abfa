// A server sends a file to its client once there is something in it (io.Copy, which is sendfile). What main did before it wrote the
// file comes before what the client does with it.
//
//hb:case clean row=22 pattern=result
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

func main() {
	file, err := os.CreateTemp("", "page")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		for {
			if info, err := os.Stat(file.Name()); err == nil && info.Size() > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		page, err := os.Open(file.Name())
		if err != nil {
			panic(err)
		}
		io.Copy(conn, page)
		conn.Close()
	}()
	var title string
	fetched := make(chan string)
	go func() {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(conn)
		fetched <- title + ": " + string(body)
	}()
	time.Sleep(20 * time.Millisecond)
	title = "news"
	file.WriteString("nothing new\n")
	fmt.Print(<-fetched)
}
