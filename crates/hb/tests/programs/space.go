// What a program may do with its address space.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const (
	megabyte  = 1 << 20
	anonymous = syscall.MAP_ANON | syscall.MAP_PRIVATE
	fixed     = 0x100000 // MAP_FIXED_NOREPLACE
)

// status returns a number of /proc/self/status, in megabytes.
func status(name string) int {
	text, err := os.ReadFile("/proc/self/status")
	check(err)
	for line := range strings.Lines(string(text)) {
		var kilobytes int
		if n, _ := fmt.Sscanf(line, name+": %d kB", &kilobytes); n == 1 {
			return kilobytes >> 10
		}
	}
	panic(name)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func mapped(at, size uintptr, flags int) []byte {
	p, _, errno := syscall.Syscall6(syscall.SYS_MMAP, at, size, 3, uintptr(flags), ^uintptr(0), 0)
	if errno != 0 {
		check(errno)
	}
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&p))), size)
}

// use has four goroutines work on memory, by atomic operations and by plain ones that do not race.
func use(memory []byte) {
	var wg sync.WaitGroup
	n := (*uint64)(unsafe.Pointer(&memory[64]))
	last := (*uint32)(unsafe.Pointer(&memory[len(memory)-4]))
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 1000 {
				atomic.AddUint64(n, 1)
				atomic.OrUint32(last, 1<<i)
				for !atomic.CompareAndSwapUint64(n, atomic.LoadUint64(n), atomic.LoadUint64(n)) {
				}
			}
			copy(memory[128+i*64:], "hello")
			memory[1024+i]++
		}()
	}
	wg.Wait()
	fmt.Println(*n, *last, string(memory[128:133]))
}

// race writes to memory without order.
func race(memory []byte) {
	var running atomic.Int32
	done := make(chan bool)
	for range 2 {
		go func() {
			running.Add(1)
			memory[5000]++
			memory[7000] = memory[5000]
			done <- true
		}()
	}
	<-done
	<-done
}

// work fills a table of so many megabytes, with two goroutines, and allocates small blocks besides.
func work(megabytes int) []int {
	table := make([]int, megabytes*megabyte/8)
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := i; j < len(table); j += 64 {
				table[j] = *new(int) + j
			}
		}()
	}
	wg.Wait()
	return table
}

func main() {
	switch os.Args[1] {
	case "work":
		fmt.Println(len(work(64)))
	case "huge":
		size := 1 << 40
		huge := make([]byte, size)
		fmt.Println(len(huge))
	case "mapped":
		use(mapped(0, 1<<16, anonymous))
		for _, at := range []uintptr{0x10000000, 0xbf00000000, 0xd000000000, 0xe000000000, 0x7e0000000000} {
			use(mapped(at, 1<<16, anonymous|fixed))
		}
	case "gap":
		// Where the heap would go on there is something else.
		const arena = 64 * megabyte
		before := uintptr(unsafe.Pointer(&make([]byte, megabyte)[0]))
		other := mapped((before+arena-1)/arena*arena, arena, anonymous|fixed)
		use(other)
		table := work(200)
		after := uintptr(unsafe.Pointer(&table[0]))
		fmt.Println("went on:", after > uintptr(unsafe.Pointer(&other[0])))
		use(other[1<<16:])
		race(other)
		fmt.Println("and now the heap")
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&table[0])), 8000)
		race(bytes)
	case "lock":
		check(syscall.Mlockall(syscall.MCL_CURRENT | syscall.MCL_FUTURE))
		work(8)
		fmt.Println("locked", status("VmRSS"))
	case "limit":
		size := uint64(status("VmSize")+512) * megabyte
		check(syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: size, Max: size}))
		size = uint64(status("VmData")+512) * megabyte
		check(syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: size, Max: size}))
		for range 10 {
			runtime.KeepAlive(work(64))
		}
		fmt.Println("done")
	case "size":
		size := status("VmSize")
		runtime.KeepAlive(work(256))
		maps, err := os.ReadFile("/proc/self/maps")
		check(err)
		fmt.Println(size, strings.Count(string(maps), "\n"))
	}
}
