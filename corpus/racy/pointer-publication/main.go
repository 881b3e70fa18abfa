// The pointer is published through a plain variable: even a reader that sees it is not ordered with the writes to its target.
//
//hb:case racy row=16 pattern=pointer-publication
//hb:expect variable=current what=variable missing=unjoined fits=atomic-pointer
package main

import (
	"fmt"
	"time"
)

type routes struct {
	paths []string
}

var current *routes

func reload() {
	current = &routes{paths: []string{"/", "/about"}} // race: a
}

func main() {
	done := make(chan struct{})
	go func() {
		reload()
		close(done)
	}()
	time.Sleep(2 * time.Millisecond)
	missing := current == nil // race: b
	<-done
	fmt.Println(missing || len(current.paths) == 2)
}
