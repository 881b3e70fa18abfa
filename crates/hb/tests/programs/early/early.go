// Package early runs before the runtime is up, as replacements of runtime/cgo do that call C code without cgo: it defines _cgo_init, which the
// program's first instructions call while there is no goroutine, and not even memory of the thread's own.
package early

import _ "unsafe"

//go:linkname early_init early_init
var early_init byte

//go:linkname _cgo_init _cgo_init
var _cgo_init = &early_init

var seen [4]int

// begin is called by early_init.
//
//go:nosplit
//go:noinline
func begin() {
	for i := range seen {
		seen[i] += i
	}
}

// Seen says what begin left.
func Seen() int { return seen[0] + seen[1] + seen[2] + seen[3] }
