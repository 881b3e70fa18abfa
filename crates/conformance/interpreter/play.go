package main

import (
	"runtime"
	"sync"
	"unsafe"
)

// The round that is played.
type playing struct {
	number int32
	p      *program
	seed   uint64
	data   unsafe.Pointer
	o      *objects
	// Who is who (self), by goroutine, and the step that each waits for.
	selves []uintptr
	at     []int32
	// Goroutines that have not returned.
	alive int32
	done  *sync.WaitGroup
}

var (
	now playing
	// The step whose turn it is.
	turn int32
	// One more than the step that is about to block, or 0.
	blocking int32
	// Whether those who still block have been released.
	released bool
)

// Memory that all rounds use that want such: on the heap, and among the package's variables.
var (
	reused *[1 << 15]byte
	global [1 << 15]byte
)

const (
	memoryFresh = iota
	memoryReused
	memoryGlobal
)

func begin() {
	reused = new([1 << 15]byte)
	released = true
	go conduct()
}

// conduct ends steps that block: once their goroutine is parked. There is one processor, so when others have had their turns it is.
//
//go:norace
func conduct() {
	last, times := int32(-1), 0
	for {
		if k := blocking; k != 0 {
			for range 3 {
				runtime.Gosched()
			}
			blocking = 0
			finish(k - 1)
		}
		if !released && turn == int32(len(now.p.steps)) {
			released = true
			now.o.release()
		}
		if turn != last {
			last, times = turn, 0
		} else if times++; times > 20_000_000 {
			fail("nothing goes on")
		}
		runtime.Gosched()
	}
}

// finish ends step k: whatever was reported since the last one is its doing.
//
//go:norace
func finish(k int32) {
	if n := runtime.RaceErrors(); n != reported {
		reported = n
		tell('E', now.p.steps[k].event, [6]uint64{uint64(n)})
	}
	turn = k + 1
}

// await waits for the turn of step k of goroutine g, or for the end, which it returns false for.
//
//go:norace
func await(g, k int32) bool {
	now.at[g] = k
	for turn != k || blocking != 0 {
		if turn >= int32(len(now.p.steps)) {
			return false
		}
		runtime.Gosched()
	}
	return true
}

// play plays a round to its end.
//
//go:norace
func play(p *program, r round, number int32) {
	length := p.words*8 + 64
	var data unsafe.Pointer
	switch r.memory {
	case memoryFresh:
		// The block's size decides where it lies in a page, and whether there is a page's boundary in it.
		data = unsafe.Pointer(unsafe.SliceData(make([]byte, length+r.offset)))
	case memoryReused:
		data = unsafe.Pointer(reused)
	case memoryGlobal:
		data = unsafe.Pointer(&global)
	}
	data = unsafe.Add(data, r.offset)
	now = playing{
		number: number, p: p, seed: r.seed, data: data, o: newObjects(),
		selves: make([]uintptr, p.goroutines), at: make([]int32, p.goroutines),
		done: new(sync.WaitGroup),
	}
	o := now.o
	tell('R', 0, [6]uint64{
		uint64(uintptr(data)), uint64(uintptr(unsafe.Pointer(&o.mutex))), uint64(uintptr(unsafe.Pointer(&o.rw))),
		uint64(uintptr(unsafe.Pointer(&o.group))), uint64(uintptr(unsafe.Pointer(&o.once))), uint64(uintptr(unsafe.Pointer(&o.cond))),
	})
	warm(data, p.words, r.warm)
	if n := runtime.RaceErrors(); n != reported {
		reported = n
		tell('W', 0, [6]uint64{uint64(n)})
	}
	if r.join != 0 {
		now.done.Add(int(p.started))
	} else {
		now.done = nil
	}
	turn, released = 0, false
	if r.driver != 0 {
		now.alive++
		run(0)
	} else {
		start(0)
	}
	for now.alive > 0 || !released {
		runtime.Gosched()
	}
	if now.done != nil {
		now.done.Wait()
	}
}

// start starts goroutine g.
func start(g int32) {
	started()
	go run(g)
}

//go:norace
func started() { now.alive++ }

// run is a goroutine of a program.
//
//go:norace
func run(g int32) {
	now.selves[g] = self()
	steps(g, now.p.first[g], -1)
	// Only who plays the rounds comes after this.
	if now.done != nil {
		done(now.done)
	}
	now.selves[g] = 0
	now.alive--
}

func done(group *sync.WaitGroup) { group.Done() }

// self tells goroutines apart.
func self() uintptr

// steps takes the steps of g from k on, up to the end of once if that is one; it returns the step after those.
//
//go:norace
func steps(g, k, once int32) int32 {
	for k >= 0 {
		if !await(g, k) {
			return -1
		}
		s := &now.p.steps[k]
		if s.code == opOnceEnd && int32(s.a) == once {
			return k
		}
		switch s.code {
		case opEnd:
			finish(k)
			return -1
		case opOnceBegin:
			end := int32(-1)
			finish(k)
			onceDo(&now.o.once[s.a], g, now.p.next[k], int32(s.a), &end)
			if end < 0 {
				return -1
			}
			k = end
		case opGroupBlock, opArmSend, opArmRecv, opArmOnce:
			blocking = k + 1
			now.o.block(s, variant(k))
			k = now.p.next[k]
			continue
		case opCondWait:
			blocking = k + 1
			condWait(&now.o.cond[s.a])
			// The lock was taken in the wake's turn, if that came.
			k = now.p.next[k]
			if k < 0 || turn != k {
				return -1
			}
		default:
			now.o.do(s, variant(k))
		}
		finish(k)
		k = now.p.next[k]
	}
	return -1
}

// variant is a number that decides between ways of doing step k.
//
//go:norace
func variant(k int32) uint64 {
	z := now.seed + uint64(k)*0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	return z ^ (z >> 27)
}
