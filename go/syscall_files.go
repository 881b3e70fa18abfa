// Which file descriptors order their users.
//
// A pipe or a socket orders whoever wrote before whoever reads, and which descriptor is the other end is not known, so all writes are
// ordered before all reads. A regular file orders nobody, so what is done to one takes no part in that.

//go:build race

package syscall

import "unsafe"

// hbOrdering has a mark for each descriptor that was seen to be no regular file, until it is closed by Close. A mark that is left where the
// descriptor is a regular file by now orders too much and reports nothing falsely; so only those without a mark are asked about
// each time.
var hbOrdering [4096]uint8

// hbOrders tells whether operations on fd order their callers.
//
//go:norace
func hbOrders(fd int) bool {
	if uint(fd) < uint(len(hbOrdering)) && hbOrdering[fd] != 0 {
		return true
	}
	var stat Stat_t
	_, _, failed := RawSyscall(SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(&stat)), 0)
	if failed == 0 && stat.Mode&S_IFMT == S_IFREG {
		return false
	}
	if uint(fd) < uint(len(hbOrdering)) {
		hbOrdering[fd] = 1
	}
	return true
}

// hbClosed says that fd is closed.
//
//go:norace
func hbClosed(fd int) {
	if uint(fd) < uint(len(hbOrdering)) && hbOrdering[fd] != 0 {
		hbOrdering[fd] = 0
	}
}
