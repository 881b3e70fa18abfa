// A pitfall of the tutorial: a flag asks a worker to stop, and nothing says that the worker will
// see it.
//
//hb:case racy row=4 pattern=shutdown end=waits
//hb:expect variable=stop what=variable missing=unjoined fits=atomic|close-channel
package main

import (
	"fmt"
	"time"
)

var stop bool

func worker() {
	for !stop { // race: a
	}
	fmt.Println("stopped")
}

func main() {
	go worker()
	time.Sleep(10 * time.Millisecond)
	stop = true // race: b
}
