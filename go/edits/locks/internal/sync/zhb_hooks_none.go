// Without race detection there is nobody to tell.

//go:build !race

package sync

import "unsafe"

func HBLock(unsafe.Pointer)      {}
func HBWriteLock(unsafe.Pointer) {}
func HBUnlock(unsafe.Pointer)    {}
func HBReadLock(unsafe.Pointer)  {}
func HBDone(unsafe.Pointer)      {}
func HBTouch(unsafe.Pointer)     {}
func HBWait(unsafe.Pointer)      {}
