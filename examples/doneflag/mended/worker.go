// Package mended has a worker that is told to stop by closing a channel.
package mended

import "time"

// Worker works in rounds until it is stopped.
type Worker struct {
	stop    chan struct{}
	stopped chan int
}

// Start starts a worker.
func Start() *Worker {
	w := &Worker{stop: make(chan struct{}), stopped: make(chan int)}
	go w.loop()
	return w
}

func (w *Worker) loop() {
	rounds := 0
	for {
		select {
		case <-w.stop:
			w.stopped <- rounds
			return
		case <-time.After(time.Millisecond):
			rounds++
		}
	}
}

// Stop stops the worker and returns how many rounds it made. The close comes before the receive that it releases.
func (w *Worker) Stop() int {
	close(w.stop)
	return <-w.stopped
}
