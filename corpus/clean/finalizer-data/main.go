// SetFinalizer comes before the finalizer's run: it reads what was written to the object and around it before.
//
//hb:case clean row=21
package main

import (
	"fmt"
	"runtime"
)

type handle struct {
	fd   int
	name *string
}

func open(closed chan<- string) {
	name := "data.db"
	h := &handle{fd: 3, name: &name}
	h.fd++
	runtime.SetFinalizer(h, func(h *handle) { closed <- fmt.Sprint(*h.name, h.fd) })
}

func main() {
	closed := make(chan string, 1)
	open(closed)
	for len(closed) == 0 {
		runtime.GC()
		runtime.Gosched()
	}
	fmt.Println(<-closed)
}
