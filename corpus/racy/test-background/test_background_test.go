// A goroutine started by the first test is still polling while the second test runs: the race belongs to the first.
//
//hb:case racy row=4 pattern=parallel-subtests
//hb:expect variable=level what=variable missing=unjoined fits=atomic|close-channel
package testbackground

import (
	"testing"
	"time"
)

var level = 1

var (
	polled = make(chan int, 1)
	resume = make(chan int, 1)
)

func TestStartsPoller(t *testing.T) {
	go func() {
		for len(resume) == 0 {
			time.Sleep(time.Millisecond)
		}
		polled <- level // race: a
	}()
}

func TestSetsLevel(t *testing.T) {
	level = 2 // race: b
	resume <- 1
	if got := <-polled; got > 2 {
		t.Error(got)
	}
}
