// What packages internal/sync and sync, as edited by hb, tell its runtime. The functions lie in
// package runtime.

//go:build race

package sync

import "unsafe"

// HBLock says that the lock whose word is at addr was taken.
//
//go:linkname HBLock
func HBLock(addr unsafe.Pointer)

// HBWriteLock says that an RWMutex was taken for writing. addr is that of its writerSem.
//
//go:linkname HBWriteLock
func HBWriteLock(addr unsafe.Pointer)

// HBUnlock says that the lock whose word is at addr is about to be given back.
//
//go:linkname HBUnlock
func HBUnlock(addr unsafe.Pointer)

// HBReadLock says that an RWMutex was taken for reading. addr is that of its readerSem.
//
//go:linkname HBReadLock
func HBReadLock(addr unsafe.Pointer)

// HBDone says that the WaitGroup at addr is about to be counted down.
//
//go:linkname HBDone
func HBDone(addr unsafe.Pointer)

// HBTouch says that the word at addr is about to change in a way that orders nothing.
//
//go:linkname HBTouch
func HBTouch(addr unsafe.Pointer)

// HBWait says that a WaitGroup's counter, at addr, was seen at zero.
//
//go:linkname HBWait
func HBWait(addr unsafe.Pointer)
