package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// access reads or writes size bytes at p, in one of the ways in which compiled code does: v decides.
//
//go:norace
func access(p unsafe.Pointer, size int64, write bool, v uint64) {
	// How deep in calls: the history has the calls of an epoch once, however many frames are new.
	depth := int64(0)
	switch v >> 32 % 16 {
	case 0, 1, 2:
		depth = 1 + int64(v>>40%4)
	case 3:
		depth = 70
	case 4:
		afterPanic(int64(v >> 40 % 4))
	}
	if depth > 0 {
		deep(depth, p, size, write, v)
	} else {
		shallow(p, size, write, v)
	}
}

//go:noinline
func deep(depth int64, p unsafe.Pointer, size int64, write bool, v uint64) byte {
	if depth == 0 {
		shallow(p, size, write, v)
		return 0
	}
	return deep(depth-1, p, size, write, v) + 1
}

// afterPanic leaves functions by a panic, which instrumented code does not tell of.
//
//go:noinline
func afterPanic(depth int64) {
	defer func() { _ = recover() }()
	panics(depth)
}

//go:noinline
func panics(depth int64) int64 {
	if depth == 0 {
		panic("left")
	}
	return panics(depth-1) + 1
}

//go:norace
func shallow(p unsafe.Pointer, size int64, write bool, v uint64) {
	if write {
		put(p, size, v)
	} else {
		get(p, size, v)
	}
}

// get reads. Of a scalar of any size the compiler names the first byte only, so a byte is read in all widths.
//
//go:noinline
func get(p unsafe.Pointer, size int64, v uint64) byte {
	if size == 1 {
		switch v % 8 {
		case 0, 1:
			return *(*byte)(p)
		case 2:
			return byte(*(*uint16)(p))
		case 3:
			return byte(*(*uint32)(p))
		case 4:
			return byte(*(*uint64)(p))
		case 5:
			runtime.RaceRead(p)
			return 0
		}
	}
	if v%8 < 4 {
		switch size {
		case 2:
			a := *(*[2]byte)(p)
			return a[v%2]
		case 4:
			a := *(*[4]byte)(p)
			return a[v%4]
		case 8:
			a := *(*struct{ a, b uint32 })(p)
			return byte(a.b)
		case 16:
			a := *(*[16]byte)(p)
			return a[v%16]
		case 24:
			a := *(*struct{ a, b, c int })(p)
			return byte(a.c)
		}
	}
	if v%8 == 7 {
		runtime.RaceReadRange(p, int(size))
		return 0
	}
	var own [512]byte
	copy(own[:], unsafe.Slice((*byte)(p), size))
	return own[v%8]
}

// put writes.
//
//go:noinline
func put(p unsafe.Pointer, size int64, v uint64) {
	if size == 1 {
		switch v % 8 {
		case 0, 1:
			*(*byte)(p) = byte(v)
			return
		case 2:
			*(*uint16)(p) = uint16(v)
			return
		case 3:
			*(*uint32)(p) = uint32(v)
			return
		case 4:
			*(*uint64)(p) = v
			return
		case 5:
			runtime.RaceWrite(p)
			return
		}
	}
	if v%8 < 4 {
		switch size {
		case 2:
			*(*[2]byte)(p) = [2]byte{byte(v)}
			return
		case 4:
			*(*[4]byte)(p) = [4]byte{byte(v)}
			return
		case 8:
			*(*struct{ a, b uint32 })(p) = struct{ a, b uint32 }{uint32(v), 1}
			return
		case 16:
			*(*[16]byte)(p) = [16]byte{byte(v)}
			return
		case 24:
			*(*struct{ a, b, c int })(p) = struct{ a, b, c int }{int(v), 1, 2}
			return
		}
	}
	if v%8 == 7 {
		runtime.RaceWriteRange(p, int(size))
		return
	}
	var own [512]byte
	copy(unsafe.Slice((*byte)(p), size), own[:])
}

//go:noinline
func atomicLoad(p unsafe.Pointer, size int64, v uint64) {
	switch {
	case size == 4 && v&1 == 0:
		atomic.LoadInt32((*int32)(p))
	case size == 4:
		atomic.LoadUint32((*uint32)(p))
	case v&1 == 0:
		atomic.LoadInt64((*int64)(p))
	default:
		atomic.LoadUint64((*uint64)(p))
	}
}

//go:noinline
func atomicStore(p unsafe.Pointer, size int64, v uint64) {
	switch {
	case size == 4 && v&1 == 0:
		atomic.StoreInt32((*int32)(p), int32(v))
	case size == 4:
		atomic.StoreUint32((*uint32)(p), uint32(v))
	case v&1 == 0:
		atomic.StoreInt64((*int64)(p), int64(v))
	default:
		atomic.StoreUint64((*uint64)(p), v)
	}
}

// peek reads without being seen.
//
//go:norace
func peek(p unsafe.Pointer, size int64) uint64 {
	if size == 4 {
		return uint64(*(*uint32)(p))
	}
	return *(*uint64)(p)
}

//go:noinline
func atomicRmw(p unsafe.Pointer, size int64, v uint64) {
	if size == 4 {
		p := (*uint32)(p)
		switch v % 5 {
		case 0:
			atomic.AddUint32(p, 1)
		case 1:
			atomic.SwapUint32(p, uint32(v))
		case 2:
			atomic.AndUint32(p, uint32(v))
		case 3:
			atomic.OrUint32(p, uint32(v))
		default:
			expect(atomic.CompareAndSwapUint32(p, uint32(peek(unsafe.Pointer(p), 4)), uint32(v)))
		}
		return
	}
	q := (*uint64)(p)
	switch v % 5 {
	case 0:
		atomic.AddUint64(q, 1)
	case 1:
		atomic.SwapUint64(q, v)
	case 2:
		atomic.AndUint64(q, v)
	case 3:
		atomic.OrUint64(q, v)
	default:
		expect(atomic.CompareAndSwapUint64(q, peek(p, 8), v))
	}
}

//go:noinline
func atomicCasFail(p unsafe.Pointer, size int64, v uint64) {
	if size == 4 {
		expect(!atomic.CompareAndSwapUint32((*uint32)(p), uint32(peek(p, 4))+1, uint32(v)))
	} else {
		expect(!atomic.CompareAndSwapUint64((*uint64)(p), peek(p, 8)+1, v))
	}
}

// warm uses the memory before the program does, without races and with an end that comes before it: 1 has a goroutine for each byte
// of the words, 2 has many readers of all of it, 3 has atomic operations.
func warm(p unsafe.Pointer, words, how int64) {
	var group sync.WaitGroup
	if how == 0 {
		return
	}
	for i := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for word := range words {
				at := unsafe.Add(p, word*8)
				switch how {
				case 1:
					*(*byte)(unsafe.Add(at, i)) = 1
				case 2:
					_ = get(at, 8, 0)
				case 3:
					atomic.AddUint64((*uint64)(at), 1)
				}
			}
		}()
	}
	group.Wait()
}
