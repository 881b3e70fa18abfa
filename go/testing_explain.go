// What package testing tells the runtime of hb for its reports.

//go:build race

package testing

import (
	"os"
	_ "unsafe" // for linkname
)

// hbTest says that the current goroutine begins to run the test called name.
func hbTest(name string) {
	if name == "" {
		// The tests as a whole. Which races count is hb's to say, and may change a test's outcome: that go test takes note of a
		// variable that is asked for keeps it from handing out a result that was found under another policy.
		_ = os.Getenv("HB_POLICY")
		return
	}
	hbTestIs(name)
}

// hbTestIs lies in package runtime.
//
//go:linkname hbTestIs
func hbTestIs(name string)
