// Wait orders the goroutine's past with the test, not the test's past with the goroutine: the first look at expired is not
// ordered with the write that comes half a fake minute later.
//
//hb:case racy row=24,20 pattern=parallel-subtests
//hb:expect variable=expired what=variable missing=unjoined fits=atomic|mutex
package synctestearlyread

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expired := false
		go func() {
			time.Sleep(time.Minute)
			expired = true // race: a
		}()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if expired { // race: b
			t.Error("expired too early")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !expired {
			t.Error("not expired")
		}
	})
}
