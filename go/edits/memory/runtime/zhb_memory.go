// What package runtime tells the runtime of hb about memory.

//go:build race

package runtime

import "unsafe"

// hbmapshadow is racemapshadow, but says whether the arena of n bytes at v has shadow. Without that
// it is not to be used.
func hbmapshadow(v unsafe.Pointer, n uintptr) bool {
	var mapped bool
	hbmaparena(v, n, &mapped)
	if mapped {
		if racearenastart == 0 {
			racearenastart = uintptr(v)
		}
		racearenaend = max(racearenaend, uintptr(v)+n)
	}
	return mapped
}

//go:noescape
func hbmaparena(v unsafe.Pointer, n uintptr, mapped *bool)

// hbunused says that n bytes at v are in nobody's use and are about to be given back to the system.
//
//go:noescape
func hbunused(v unsafe.Pointer, n uintptr)
