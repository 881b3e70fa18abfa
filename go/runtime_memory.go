// What package runtime tells the runtime of hb about memory.

//go:build race

package runtime

import "unsafe"

// hbunused says that n bytes at v are in nobody's use and are about to be given back to the system.
//
//go:noescape
func hbunused(v unsafe.Pointer, n uintptr)
