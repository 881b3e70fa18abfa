// Without race detection nobody asks.

//go:build !race

package syscall

import _ "unsafe" // for go:linkname

//go:nosplit
func hbBefore(trap, a1, a2, a3 uintptr) {}

//go:nosplit
func hbAfter(trap, a1, a2 uintptr, err Errno) {}

//go:nosplit
func hbRaw(trap uintptr) {}

//go:linkname hbObserve
func hbObserve() {}

// HBCloseRead is Close.
func HBCloseRead(fd int) error { return Close(fd) }

func hbread(fd int, p []byte) (n int, err error) { return read(fd, p) }

func hbwrite(fd int, p []byte) (n int, err error) { return write(fd, p) }

func hbpread(fd int, p []byte, offset int64) (n int, err error) { return pread(fd, p, offset) }

func hbpwrite(fd int, p []byte, offset int64) (n int, err error) { return pwrite(fd, p, offset) }
