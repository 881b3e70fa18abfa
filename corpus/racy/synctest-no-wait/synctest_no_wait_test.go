// Without Wait nothing in the bubble orders the goroutine's write with the test's read.
//
//hb:case racy row=24 pattern=parallel-subtests
//hb:expect variable=refreshed what=variable missing=unjoined fits=channel|atomic
package synctestnowait

import (
	"testing"
	"testing/synctest"
)

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refreshed := 0
		go func() {
			refreshed++ // race: a
		}()
		if refreshed > 1 { // race: b
			t.Error("refreshed twice")
		}
		synctest.Wait()
	})
}
