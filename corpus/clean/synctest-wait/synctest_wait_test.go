// In a synctest bubble Wait returns when every other goroutine is durably blocked, and is ordered after what they did.
//
//hb:case clean row=24 pattern=parallel-subtests
package synctestwait

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
			expired = true
			time.Sleep(time.Minute)
		}()
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if !expired {
			t.Error("not expired")
		}
		time.Sleep(time.Hour)
	})
}
