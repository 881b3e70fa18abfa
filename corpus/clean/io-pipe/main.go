// io.Pipe hands the writer's bytes to the reader: a Write returns after the Read that took its data.
//
//hb:case clean row=22
package main

import (
	"bufio"
	"fmt"
	"io"
)

func main() {
	r, w := io.Pipe()
	written := 0
	go func() {
		buf := make([]byte, 0, 16)
		for i := range 3 {
			buf = append(buf[:0], fmt.Sprintf("line %d\n", i)...)
			w.Write(buf)
			written += len(buf)
		}
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	read := 0
	for lines.Scan() {
		read += len(lines.Bytes()) + 1
	}
	fmt.Println(read == written)
}
