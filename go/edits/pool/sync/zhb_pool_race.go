//go:build race

package sync

import _ "unsafe"

// hbGoroutine returns a number that no other goroutine ever has. It lies in package runtime.
//
//go:linkname hbGoroutine
func hbGoroutine() uint64
