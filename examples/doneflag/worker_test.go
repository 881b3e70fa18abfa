package doneflag

import (
	"testing"
	"time"
)

func TestStop(t *testing.T) {
	w := Start()
	time.Sleep(2 * time.Millisecond)
	if rounds := w.Stop(); rounds < 0 {
		t.Error(rounds)
	}
}
