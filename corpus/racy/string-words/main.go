// A string is a pointer and a length; its reader could see one string's length with another's bytes.
//
//hb:case racy row=23 pattern=hot-config
//hb:expect variable=Banner.text what=string missing=unjoined fits=mutex|atomic-pointer
package main

import "fmt"

type Banner struct {
	id   int
	text string
}

func main() {
	b := &Banner{text: "short"}
	done := make(chan struct{})
	go func() {
		b.text = "a much longer announcement" // race: a
		close(done)
	}()
	shown := b.text // race: b
	<-done
	fmt.Println(len(shown) > 0)
}
