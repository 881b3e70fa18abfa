// Parallel subtests share a variable of the test around them.
//
//hb:case racy row=4 pattern=parallel-subtests
//hb:expect variable=passed what=variable missing=siblings fits=atomic|own-copy|mutex
package parallelsubtests

import (
	"flag"
	"strings"
	"sync"
	"testing"
)

// TestMain lets both subtests run at once, on any number of processors.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "4")
	m.Run()
}

func TestUpper(t *testing.T) {
	passed := 0
	var begun sync.WaitGroup
	begun.Add(2)
	for _, word := range []string{"ann", "bob"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			begun.Done()
			begun.Wait() // no subtest ends before the other has begun
			if strings.ToUpper(word) != word {
				passed++ // race: a b
			}
		})
	}
}
