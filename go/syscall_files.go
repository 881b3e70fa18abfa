// Which file descriptors order their users among each other.
//
// A pipe or a socket orders whoever wrote before whoever reads, and which descriptor is the other end is not known, so all writes are
// ordered before all reads. A regular file orders those who write it before those who read it, and nobody else.

//go:build race

package syscall

import "unsafe"

// hbOrdering has a mark for each descriptor that was seen to be no regular file, until it is closed by Close. A mark that is left where the
// descriptor is a regular file by now orders too much and reports nothing falsely; so only those without a mark are asked about
// each time.
var hbOrdering [4096]uint8

// hbFiles has an object for each regular file; files whose numbers agree in the low bits share one.
var hbFiles [4096]uint64

// hbSync gives the object on which operations on fd synchronise.
//
//go:norace
func hbSync(fd int) unsafe.Pointer {
	if uint(fd) < uint(len(hbOrdering)) && hbOrdering[fd] != 0 {
		return unsafe.Pointer(&ioSync)
	}
	var stat Stat_t
	_, _, failed := RawSyscall(SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(&stat)), 0)
	if failed == 0 && stat.Mode&S_IFMT == S_IFREG {
		return unsafe.Pointer(&hbFiles[(stat.Ino^stat.Dev<<7)%uint64(len(hbFiles))])
	}
	if uint(fd) < uint(len(hbOrdering)) {
		hbOrdering[fd] = 1
	}
	return unsafe.Pointer(&ioSync)
}

// hbClosed says that fd is closed.
//
//go:norace
func hbClosed(fd int) {
	if uint(fd) < uint(len(hbOrdering)) && hbOrdering[fd] != 0 {
		hbOrdering[fd] = 0
	}
}
