// Two parallel tests share a fixture of the package, and one of them changes it.
//
//hb:case racy row=4 pattern=parallel-subtests
//hb:expect variable=fixture.open what=field missing=siblings fits=mutex|own-copy
package parallelfixture

import (
	"flag"
	"sync"
	"testing"
)

type fixture struct {
	open  bool
	begun sync.WaitGroup
}

var shared = &fixture{open: true}

// TestMain lets both tests run at once, on any number of processors.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "4")
	shared.begun.Add(2)
	m.Run()
}

func (f *fixture) rendezvous() {
	f.begun.Done()
	f.begun.Wait() // no test ends before the other has begun
}

func TestReader(t *testing.T) {
	t.Parallel()
	shared.rendezvous()
	if !shared.open { // race: a
		t.Log("fixture is closed")
	}
}

func TestCloser(t *testing.T) {
	t.Parallel()
	shared.rendezvous()
	shared.open = false // race: b
}
