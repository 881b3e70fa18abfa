// Package runtime as edited by hb, without race detection: as it is without the edits. The go
// command builds its own tools in this way, with the overlay of the build for which it needs them.

//go:build !race

package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

func hbedge(uintptr, uintptr) {}

func hbmeet(uintptr, uintptr) {}

func hbfire(uintptr) {}

func hbunused(unsafe.Pointer, uintptr) {}

func hbmapshadow(unsafe.Pointer, uintptr) bool { return true }

func hbslots(uintptr, int) uintptr { return 0 }

func hbnotify(*hchan, uint, *sudog) bool { return false }

func hbmalg() *g { return malg(16384 * sys.StackGuardMultiplier) }

func hbstackfree(s stack) { stackfree(s) }
