// What system calls order.
//
// What a goroutine did before a system call that others can see comes before what another does after a system call by which it can have
// seen that: the kernel, or another process, may carry it from any descriptor, name or process to any other. Which way it goes is
// not known, so all share one object, as Read and Write do in any race build. Here more calls than those take part.
//
// Nothing here asks the kernel anything: what is known of a call are its number and arguments.

//go:build race

package syscall

import (
	"internal/race"
	"unsafe"
)

// What a call can do for the order.
const (
	hbBoth     = iota // shows what was done before and sees what others did; also every call that is not in the list
	hbShows           // shows; when it fails, it has seen why
	hbSees            // sees
	hbNothing         // concerns the calling process or thread alone, or makes something that nobody else has yet
	hbOpens           // openat and open: see; and show unless they are for reading alone
	hbControls        // fcntl: by its command
	hbReceives        // recvmsg: sees, and may bring a descriptor of whatever kind
	hbServes          // begins to tell this process of what others do with files
	hbWatches         // inotify_add_watch: the same, by what is asked for
	hbLocks           // locks a file
)

// hbCalls says it of each call by its number (linux/amd64). Numbers that package syscall has no name for stand for themselves.
var hbCalls = [...]uint8{
	SYS_WRITE: hbShows, SYS_PWRITE64: hbShows, SYS_WRITEV: hbShows, SYS_PWRITEV: hbShows, 328 /* pwritev2 */ : hbShows,
	SYS_SENDTO: hbShows, SYS_SENDMSG: hbShows, 307 /* sendmmsg */ : hbShows, SYS_LISTEN: hbShows, SYS_SHUTDOWN: hbShows,
	SYS_CLOSE: hbShows, SYS_MSYNC: hbShows, SYS_MUNMAP: hbShows, SYS_EPOLL_CTL: hbShows, SYS_UTIMENSAT: hbShows,

	SYS_READ: hbSees, SYS_PREAD64: hbSees, SYS_READV: hbSees, SYS_PREADV: hbSees, 327 /* preadv2 */ : hbSees,
	SYS_RECVFROM: hbSees, SYS_RECVMMSG: hbSees, SYS_ACCEPT: hbSees, SYS_ACCEPT4: hbSees, SYS_GETSOCKOPT: hbSees,
	SYS_POLL: hbSees, SYS_PPOLL: hbSees, SYS_SELECT: hbSees, SYS_PSELECT6: hbSees,
	SYS_EPOLL_WAIT: hbSees, SYS_EPOLL_PWAIT: hbSees, 441 /* epoll_pwait2 */ : hbSees,
	SYS_STAT: hbSees, SYS_FSTAT: hbSees, SYS_LSTAT: hbSees, SYS_NEWFSTATAT: hbSees, 332 /* statx */ : hbSees,
	SYS_ACCESS: hbSees, SYS_FACCESSAT: hbSees, 439 /* faccessat2 */ : hbSees, SYS_READLINK: hbSees, SYS_READLINKAT: hbSees,
	SYS_GETDENTS: hbSees, SYS_GETDENTS64: hbSees, SYS_STATFS: hbSees, SYS_FSTATFS: hbSees,
	SYS_GETXATTR: hbSees, SYS_LGETXATTR: hbSees, SYS_FGETXATTR: hbSees,
	SYS_LISTXATTR: hbSees, SYS_LLISTXATTR: hbSees, SYS_FLISTXATTR: hbSees,
	SYS_MSGRCV: hbSees, SYS_MQ_TIMEDRECEIVE: hbSees, SYS_RT_SIGTIMEDWAIT: hbSees, SYS_TIMERFD_GETTIME: hbSees,
	SYS_WAIT4: hbSees, SYS_WAITID: hbSees, 434 /* pidfd_open */ : hbSees, SYS_MMAP: hbSees, SYS_GETCWD: hbSees,

	SYS_OPEN: hbOpens, SYS_OPENAT: hbOpens, SYS_FCNTL: hbControls, SYS_RECVMSG: hbReceives,
	SYS_FANOTIFY_INIT: hbServes, SYS_MOUNT: hbServes, SYS_INOTIFY_ADD_WATCH: hbWatches, SYS_FLOCK: hbLocks,

	SYS_MPROTECT: hbNothing, SYS_BRK: hbNothing, SYS_MADVISE: hbNothing, SYS_MINCORE: hbNothing,
	SYS_MLOCK: hbNothing, SYS_MUNLOCK: hbNothing, SYS_MLOCKALL: hbNothing, SYS_MUNLOCKALL: hbNothing,
	SYS_LSEEK: hbNothing, SYS_FSYNC: hbNothing, SYS_FDATASYNC: hbNothing, SYS_FADVISE64: hbNothing, SYS_READAHEAD: hbNothing,
	SYS_PIPE: hbNothing, SYS_PIPE2: hbNothing, SYS_DUP: hbNothing, SYS_SOCKET: hbNothing, SYS_SOCKETPAIR: hbNothing,
	SYS_SETSOCKOPT: hbNothing, SYS_GETSOCKNAME: hbNothing, SYS_GETPEERNAME: hbNothing,
	SYS_EPOLL_CREATE: hbNothing, SYS_EPOLL_CREATE1: hbNothing, SYS_EVENTFD: hbNothing, SYS_EVENTFD2: hbNothing,
	SYS_SIGNALFD: hbNothing, SYS_SIGNALFD4: hbNothing, SYS_TIMERFD_CREATE: hbNothing, 319 /* memfd_create */ : hbNothing,
	SYS_NANOSLEEP: hbNothing, SYS_CLOCK_NANOSLEEP: hbNothing, SYS_CLOCK_GETTIME: hbNothing, SYS_CLOCK_GETRES: hbNothing,
	SYS_GETTIMEOFDAY: hbNothing, SYS_TIME: hbNothing, SYS_TIMES: hbNothing, SYS_SYSINFO: hbNothing, SYS_UNAME: hbNothing,
	SYS_GETPID: hbNothing, SYS_GETPPID: hbNothing, SYS_GETTID: hbNothing, SYS_GETPGRP: hbNothing, SYS_GETPGID: hbNothing,
	SYS_GETSID: hbNothing, SYS_GETUID: hbNothing, SYS_GETEUID: hbNothing, SYS_GETGID: hbNothing, SYS_GETEGID: hbNothing,
	SYS_GETGROUPS: hbNothing, SYS_GETRLIMIT: hbNothing, SYS_PRLIMIT64: hbNothing, SYS_GETRUSAGE: hbNothing,
	SYS_GETPRIORITY: hbNothing, SYS_SETPRIORITY: hbNothing, SYS_PRCTL: hbNothing, SYS_ARCH_PRCTL: hbNothing,
	SYS_SCHED_YIELD: hbNothing, SYS_SCHED_SETAFFINITY: hbNothing, SYS_SCHED_GETAFFINITY: hbNothing, 309 /* getcpu */ : hbNothing,
	SYS_RT_SIGACTION: hbNothing, SYS_RT_SIGPROCMASK: hbNothing, SYS_SIGALTSTACK: hbNothing, 318 /* getrandom */ : hbNothing,
}

var (
	// hbWatched is set once this process may be told of everything that is done with a file, reading too: as the server of a filesystem
	// or by a watch for that. From then on each call shows and sees.
	hbWatched bool
	// hbLocked is set once a file was locked. A lock is given back when its file is closed, whatever that was opened for.
	hbLocked bool
)

// hbBefore is called before a system call. Like all here it may not grow the stack: arguments may be addresses in it.
//
//go:nosplit
//go:norace
func hbBefore(trap, a1, a2, a3 uintptr) {
	if hbShown(trap, a1, a2, a3) {
		race.ReleaseMerge(unsafe.Pointer(&ioSync))
	}
}

//go:nosplit
//go:norace
func hbShown(trap, a1, a2, a3 uintptr) bool {
	const watchReading = IN_ACCESS | IN_OPEN | IN_CLOSE_NOWRITE
	switch hbKind(trap) {
	case hbNothing:
		return false
	case hbSees, hbReceives:
		return hbWatched
	case hbOpens:
		flags := a3
		if trap == SYS_OPEN {
			flags = a2
		}
		return hbWatched || flags&(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC) != 0
	case hbControls:
		return hbShared(a2)
	case hbWatches:
		if a3&watchReading != 0 {
			hbWatched = true
		}
	case hbServes:
		hbWatched = true
	case hbLocks:
		hbLocked = true
	}
	return true
}

// hbAfter is called after it, with what went wrong.
//
//go:nosplit
//go:norace
//go:nocheckptr
func hbAfter(trap, a1, a2 uintptr, err Errno) {
	kind := hbKind(trap)
	if kind == hbNothing || kind == hbControls && !hbShared(a2) {
		return
	}
	if err == EAGAIN || err == EINTR {
		// Nothing was there to be seen.
		return
	}
	if err == 0 {
		switch kind {
		case hbShows:
			if !hbWatched {
				return
			}
		case hbOpens:
			path := a2
			if trap == SYS_OPEN {
				path = a1
			}
			if hbIsServer(path) {
				hbWatched = true
			}
		case hbReceives:
			if hbBrings((*Msghdr)(unsafe.Pointer(a2))) {
				hbWatched = true
			}
		case hbControls:
			hbLocked = true
		}
	}
	race.Acquire(unsafe.Pointer(&ioSync))
}

// hbRaw is called before a raw system call, which may also be one of a child that has not yet another program, or of a signal handler. Of these
// only those that send a signal count.
//
//go:nosplit
//go:norace
func hbRaw(trap uintptr) {
	switch trap {
	case SYS_KILL, SYS_TKILL, SYS_TGKILL, SYS_RT_SIGQUEUEINFO, SYS_RT_TGSIGQUEUEINFO:
		if hbIsGoroutine() {
			race.ReleaseMerge(unsafe.Pointer(&ioSync))
		}
	}
}

// hbIsGoroutine reports whether a goroutine calls, on its own stack. It lies in package runtime.
func hbIsGoroutine() bool

// hbKind gives what is known of a call.
//
//go:nosplit
//go:norace
func hbKind(trap uintptr) uint8 {
	if trap < uintptr(len(hbCalls)) {
		return hbCalls[trap]
	}
	return hbBoth
}

// hbShared reports whether a command of fcntl is about more than the descriptor: locks, leases, notifications, seals.
//
//go:nosplit
//go:norace
func hbShared(command uintptr) bool {
	switch command {
	case F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, 1031, 1032: // the last are of a pipe's size
		return false
	}
	return true
}

// hbIsServer reports whether the file of this name, which was opened, makes its user the server of a filesystem or device.
//
//go:nosplit
//go:norace
//go:nocheckptr
func hbIsServer(path uintptr) bool {
	const fuse, cuse = "/dev/fuse\x00", "/dev/cuse\x00"
	for i := range uintptr(len(fuse)) {
		if c := *(*byte)(unsafe.Pointer(path + i)); c != fuse[i] && c != cuse[i] {
			return false
		}
	}
	return true
}

// hbBrings reports whether descriptors came with a message: one of them may be that of a filesystem's server, mounted by another process.
//
//go:nosplit
//go:norace
//go:nocheckptr
func hbBrings(m *Msghdr) bool {
	at, room := uintptr(unsafe.Pointer(m.Control)), uintptr(m.Controllen)
	for at != 0 && room >= SizeofCmsghdr {
		h := (*Cmsghdr)(unsafe.Pointer(at))
		if h.Level == SOL_SOCKET && h.Type == SCM_RIGHTS {
			return true
		}
		length := (uintptr(h.Len) + 7) &^ 7
		if length < SizeofCmsghdr || length > room {
			return false
		}
		at, room = at+length, room-length
	}
	return false
}

// hbObserve says that the kernel told this process of something by another way than a system call's result.
//
//go:linkname hbObserve
//go:norace
func hbObserve() { race.Acquire(unsafe.Pointer(&ioSync)) }

// HBCloseRead closes a file that was only read and has nobody at another end, or what stands for a process. That says nothing to anybody, unless
// files are watched.
func HBCloseRead(fd int) (err error) {
	if hbWatched || hbLocked {
		return Close(fd)
	}
	_, _, e1 := hbSyscall(SYS_CLOSE, uintptr(fd), 0, 0, 0)
	if e1 != 0 {
		err = errnoErr(e1)
	}
	return
}

// The calls whose order Read, Write, Pread and Pwrite see to themselves.

func hbread(fd int, p []byte) (n int, err error) { return hbTransfer(SYS_READ, fd, p, 0) }

func hbwrite(fd int, p []byte) (n int, err error) { return hbTransfer(SYS_WRITE, fd, p, 0) }

func hbpread(fd int, p []byte, offset int64) (n int, err error) {
	return hbTransfer(SYS_PREAD64, fd, p, offset)
}

func hbpwrite(fd int, p []byte, offset int64) (n int, err error) {
	return hbTransfer(SYS_PWRITE64, fd, p, offset)
}

//go:norace
func hbTransfer(trap uintptr, fd int, p []byte, offset int64) (n int, err error) {
	at := unsafe.Pointer(&_zero)
	if len(p) > 0 {
		at = unsafe.Pointer(unsafe.SliceData(p))
	}
	if hbWatched {
		race.ReleaseMerge(unsafe.Pointer(&ioSync))
	}
	r0, _, e1 := hbSyscall(trap, uintptr(fd), uintptr(at), uintptr(len(p)), uintptr(offset))
	if hbWatched {
		race.Acquire(unsafe.Pointer(&ioSync))
	}
	n = int(r0)
	if e1 != 0 {
		err = errnoErr(e1)
	}
	return
}

// hbSyscall is Syscall6 without a word to anybody.
//
//go:uintptrkeepalive
//go:nosplit
//go:norace
func hbSyscall(trap, a1, a2, a3, a4 uintptr) (r1, r2 uintptr, err Errno) {
	runtime_entersyscall()
	r1, r2, err = RawSyscall6(trap, a1, a2, a3, a4, 0, 0)
	runtime_exitsyscall()
	return
}
