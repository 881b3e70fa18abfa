// Package doneflag has a worker that is told to stop through a plain bool: see mended for a channel instead.
package doneflag

import "time"

// Worker works in rounds until it is stopped.
type Worker struct {
	stop    bool
	stopped chan int
}

// Start starts a worker.
func Start() *Worker {
	w := &Worker{stopped: make(chan int)}
	go w.loop()
	return w
}

func (w *Worker) loop() {
	rounds := 0
	for !w.stop {
		rounds++
		time.Sleep(time.Millisecond)
	}
	w.stopped <- rounds
}

// Stop stops the worker and returns how many rounds it made. Nothing orders its write to stop with the loop's reads: the
// compiler may read the flag once, and whatever was written before Stop need not be seen by the worker.
func (w *Worker) Stop() int {
	w.stop = true
	return <-w.stopped
}
