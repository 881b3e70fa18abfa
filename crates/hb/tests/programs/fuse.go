// A filesystem and its users in one process, on one processor: each call that reaches the filesystem is answered by a goroutine here, which
// must be let run meanwhile. What a user did before a call is known to the server when it answers, and what the server did before the answer
// to the user: both ways through the kernel.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

const (
	lookup, forget, getattr, open, read, write, release, flush, initialize = 1, 2, 3, 14, 15, 16, 18, 25, 26
	root, file                                                             = 1, 2
)

var le = binary.LittleEndian

// Written by the user before each call, read by the server; and the other way round.
var asked, answered int

func attributes(b []byte, node uint64) {
	le.PutUint64(b, node)
	le.PutUint64(b[8:], 5)
	mode := uint32(syscall.S_IFREG | 0o644)
	if node == root {
		mode = syscall.S_IFDIR | 0o755
	}
	le.PutUint32(b[60:], mode)
	le.PutUint32(b[64:], 1)
}

// answer is what the filesystem says to a request, and whether it says anything. Attributes are valid for no time.
func answer(op uint32, node uint64, request []byte) (body []byte, errno syscall.Errno, says bool) {
	switch op {
	case initialize:
		body = make([]byte, 64)
		le.PutUint32(body, 7)
		le.PutUint32(body[4:], 31)
		le.PutUint32(body[20:], 1<<12)
	case lookup:
		body = make([]byte, 128)
		le.PutUint64(body, file)
		attributes(body[40:], file)
	case getattr:
		body = make([]byte, 104)
		attributes(body[16:], node)
	case open:
		body = make([]byte, 16)
		le.PutUint32(body[8:], 1) // no cache
	case read:
		body = []byte("hello")
	case write:
		body = make([]byte, 8)
		le.PutUint32(body, le.Uint32(request[56:]))
	case release, flush:
	case forget, 42:
		return nil, 0, false
	default:
		errno = syscall.ENOSYS
	}
	return body, errno, true
}

func serve(device int) {
	request := make([]byte, 1<<17)
	for {
		n, err := syscall.Read(device, request)
		if err == syscall.EINTR || err == syscall.ENOENT {
			continue
		}
		if err != nil || n < 40 {
			return
		}
		op, id, node := le.Uint32(request[4:]), le.Uint64(request[8:]), le.Uint64(request[16:])
		body, errno, says := answer(op, node, request[:n])
		// Without an answer nobody waits, and the next request may come from anywhere. A file is released after its close returned.
		if !says {
			continue
		}
		if op != release && op != initialize {
			answered = asked
		}
		reply := make([]byte, 16, 16+len(body))
		le.PutUint32(reply, uint32(16+len(body)))
		le.PutUint32(reply[4:], uint32(-int32(errno)))
		le.PutUint64(reply[8:], id)
		if _, err := syscall.Write(device, append(reply, body...)); err != nil {
			return
		}
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	device, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		fmt.Println("not tried:", err)
		return
	}
	dir, err := os.MkdirTemp("", "fuse")
	if err != nil {
		panic(err)
	}
	defer os.Remove(dir)
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", device)
	if err := syscall.Mount("hb", dir, "fuse.hb", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		fmt.Println("not tried:", err)
		return
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	go serve(device)
	check := func(err error) {
		if err != nil {
			panic(err)
		}
		if answered != asked {
			panic("another answer")
		}
		asked++
	}
	asked++
	// Not by package os: it would ask the filesystem, without letting go of the processor, whether a file of it can be waited for.
	f, err := syscall.Open(dir+"/f", syscall.O_RDWR, 0)
	check(err)
	text := make([]byte, 16)
	var info syscall.Stat_t
	for range 20 {
		_, err = syscall.Read(f, text)
		check(err)
		_, err = syscall.Write(f, []byte("more"))
		check(err)
		_, err = syscall.Pread(f, text, 0)
		check(err)
		check(syscall.Fstat(f, &info))
		check(syscall.Stat(dir+"/f", &info))
	}
	check(syscall.Close(f))
	fmt.Println("served")
}
