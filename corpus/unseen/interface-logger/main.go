// A logger is replaced for a test while a goroutine of another one logs.
//
//hb:expect variable=logger what=interface missing=unjoined|siblings fits=mutex|rwmutex|atomic-pointer|channel
package main

import "fmt"

type log interface{ print(string) }

type quiet struct{}

func (quiet) print(string) {}

type loud struct{ n int }

func (l *loud) print(string) { l.n++ }

var logger log = quiet{}

func background(done chan<- bool) {
	logger.print("tick") // race: a
	done <- true
}

func main() {
	done := make(chan bool)
	go background(done)
	logger = &loud{} // race: b
	<-done
	fmt.Println("logged")
}
