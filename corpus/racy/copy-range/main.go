// copy reads a range of bytes of which another goroutine writes one in the middle.
//
//hb:case racy row=23
//hb:expect variable=frame what=element missing=unjoined fits=own-copy|mutex
package main

import "fmt"

func main() {
	frame := make([]byte, 100)
	done := make(chan struct{})
	go func() {
		frame[57] = 0xff // race: a
		close(done)
	}()
	sent := make([]byte, len(frame))
	n := copy(sent, frame) // race: b
	<-done
	fmt.Println(n)
}
