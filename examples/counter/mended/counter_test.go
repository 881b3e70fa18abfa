package mended

import (
	"sync"
	"testing"
)

func TestTwoVisitors(t *testing.T) {
	var c Counter
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(c.Inc)
	}
	wg.Wait()
	if got := c.Value(); got != 2 {
		t.Errorf("%d were counted, not 2", got)
	}
}
