// What package runtime passes on to the runtime of hb for packages sync and internal/sync, as
// edited by hb.

//go:build race

package runtime

import "unsafe"

// Defined in assembly, each to be called by one function: see go/amd64/sync.s.

//go:noescape
func hblock(addr unsafe.Pointer)

//go:noescape
func hbwritelock(addr unsafe.Pointer)

//go:noescape
func hbunlock(addr unsafe.Pointer)

//go:noescape
func hbreadlock(addr unsafe.Pointer)

//go:noescape
func hbdone(addr unsafe.Pointer)

//go:noescape
func hbtouch(addr unsafe.Pointer)

//go:noescape
func hbwait(addr unsafe.Pointer)

func hbedge(from, to uintptr)

//go:linkname sync_hbLock internal/sync.HBLock
//go:nosplit
//go:noinline
func sync_hbLock(addr unsafe.Pointer) { hblock(addr) }

//go:linkname sync_hbWriteLock internal/sync.HBWriteLock
//go:nosplit
//go:noinline
func sync_hbWriteLock(addr unsafe.Pointer) { hbwritelock(addr) }

//go:linkname sync_hbUnlock internal/sync.HBUnlock
//go:nosplit
//go:noinline
func sync_hbUnlock(addr unsafe.Pointer) { hbunlock(addr) }

//go:linkname sync_hbReadLock internal/sync.HBReadLock
//go:nosplit
//go:noinline
func sync_hbReadLock(addr unsafe.Pointer) { hbreadlock(addr) }

//go:linkname sync_hbDone internal/sync.HBDone
//go:nosplit
//go:noinline
func sync_hbDone(addr unsafe.Pointer) { hbdone(addr) }

//go:linkname sync_hbTouch internal/sync.HBTouch
//go:nosplit
//go:noinline
func sync_hbTouch(addr unsafe.Pointer) { hbtouch(addr) }

//go:linkname sync_hbWait internal/sync.HBWait
//go:nosplit
//go:noinline
func sync_hbWait(addr unsafe.Pointer) { hbwait(addr) }
