// A finalizer counts down a plain variable that main reads: finalizers run in a goroutine of their own.
//
//hb:case racy row=21 pattern=counter
//hb:expect variable=openFiles what=variable missing=callback fits=atomic|mutex
package main

import (
	"fmt"
	"runtime"
)

type file struct {
	fd   int
	path [32]byte
}

var openFiles int

func use(closed chan<- int) {
	openFiles++
	f := &file{fd: 3}
	runtime.SetFinalizer(f, func(f *file) {
		openFiles-- // race: a
		closed <- f.fd
	})
}

func main() {
	closed := make(chan int, 1)
	use(closed)
	for len(closed) == 0 {
		runtime.GC()
		runtime.Gosched()
	}
	fmt.Println(openFiles) // race: b
	<-closed
}
