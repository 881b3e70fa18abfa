// A signal that arrives comes after what was done before it was sent.

package signal

import (
	"syscall"
	_ "unsafe"
)

// hbObserve lies in package syscall.
//
//go:linkname hbObserve syscall.hbObserve
func hbObserve()

// hbReceived passes on a signal that was received.
func hbReceived(number uint32) syscall.Signal {
	hbObserve()
	return syscall.Signal(number)
}
