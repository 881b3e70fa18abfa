// What package testing tells the runtime of hb for its reports.

//go:build race

package testing

import _ "unsafe" // for linkname

// hbTest says that the current goroutine begins to run the test called name. It lies in package runtime.
//
//go:linkname hbTest
func hbTest(name string)
