// The buffer is given to a goroutine that writes it to a pipe, and filled with the next line before that Write has ended.
//
//hb:case racy row=22,3
//hb:expect variable=buf what=slice missing=unjoined fits=own-copy|channel
package main

import (
	"fmt"
	"io"
)

type checksum struct {
	sum int
}

func (c *checksum) Write(b []byte) (int, error) {
	for i := range b {
		c.sum += int(b[i]) // race: a
	}
	return len(b), nil
}

func main() {
	buf := []byte("first line\n")
	written := make(chan error)
	sink := &checksum{}
	go func() {
		_, err := io.MultiWriter(sink, io.Discard).Write(buf)
		written <- err
	}()
	buf[0] = 'F' // race: b
	fmt.Println(<-written, sink.sum > 0)
}
