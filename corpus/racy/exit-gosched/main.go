// Yielding the processor gives the goroutine a chance to run; it does not order what it did.
//
//hb:case racy row=4 pattern=result
//hb:expect variable=Loader.lines what=field missing=polling fits=channel|waitgroup
package main

import (
	"fmt"
	"runtime"
	"strings"
)

type Loader struct {
	lines []string
}

func (l *Loader) load(text string) {
	l.lines = strings.Split(text, "\n") // race: a
}

func main() {
	l := &Loader{}
	go l.load("one\ntwo\nthree")
	for range 1000 {
		runtime.Gosched()
	}
	n := len(l.lines) // race: b
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(n <= 3)
}
