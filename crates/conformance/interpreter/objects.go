package main

import (
	"sync"
	"unsafe"
)

// The operations, in the order of script.rs.
const (
	opGo = iota
	opEnd
	opRead
	opWrite
	opAtomicLoad
	opAtomicStore
	opAtomicRmw
	opAtomicCasFail
	opLock
	opUnlock
	opTryLockFail
	opReadLock
	opReadUnlock
	opWriteLock
	opWriteUnlock
	opTryReadLockFail
	opTryWriteLockFail
	opGroupAdd
	opGroupWait
	opGroupBlock
	opGroupWake
	opOnceBegin
	opOnceEnd
	opOnceReturn
	opCondWait
	opCondSignal
	opCondBroadcast
	opCondWake
	opMakeChan
	opSend
	opRecv
	opRecvClosed
	opClose
	opSelectPoll
	opMallocData
	opMallocObject
	opArmSend
	opArmRecv
	opArmOnce
)

// The kinds of object, in the order of generate.rs.
const (
	kindMutex = iota
	kindReadWrite
	kindGroup
	kindOnce
	kindCond
	kindChan
)

const each = 4

// objects are those of a round, as arrays: neighbours share words.
type objects struct {
	mutex  [each]sync.Mutex
	rw     [each]sync.RWMutex
	group  [each]sync.WaitGroup
	once   [each]sync.Once
	cond   [each]sync.Cond
	locker [each]locker
	chans  [each]channel
	// The wait groups' counters.
	counter [each]int64
}

//go:norace
func newObjects() *objects {
	o := new(objects)
	for i := range o.cond {
		o.locker[i].mutex = &o.mutex[i]
		o.cond[i].L = &o.locker[i]
	}
	return o
}

// release lets those go on who block at the end of the program.
func (o *objects) release() {
	for i := range o.group {
		if n := o.left(i); n > 0 {
			o.group[i].Add(-n)
		}
		o.cond[i].Broadcast()
	}
}

//go:norace
func (o *objects) left(i int) int { return int(o.counter[i]) }

// A locker makes a Cond.Wait lock its mutex when it is the turn of that.
type locker struct{ mutex *sync.Mutex }

//go:norace
func (l *locker) Lock() {
	me := self()
	for g, other := range now.selves {
		if other == me {
			k := now.p.next[now.at[g]]
			if k >= 0 && await(int32(g), k) {
				lock(l.mutex)
			}
			return
		}
	}
	fail("a stranger in Cond.Wait")
}

//go:norace
func (l *locker) Unlock() { unlock(l.mutex) }

// do does what does not block.
//
//go:norace
func (o *objects) do(s *step, v uint64) {
	a := s.a
	switch s.code {
	case opGo:
		start(int32(a))
	case opRead:
		access(unsafe.Add(now.data, a), s.b, false, v)
	case opWrite:
		access(unsafe.Add(now.data, a), s.b, true, v)
	case opAtomicLoad:
		atomicLoad(unsafe.Add(now.data, a), s.b, v)
	case opAtomicStore:
		atomicStore(unsafe.Add(now.data, a), s.b, v)
	case opAtomicRmw:
		atomicRmw(unsafe.Add(now.data, a), s.b, v)
	case opAtomicCasFail:
		atomicCasFail(unsafe.Add(now.data, a), s.b, v)
	case opLock:
		if v&1 == 0 {
			lock(&o.mutex[a])
		} else {
			expect(tryLock(&o.mutex[a]))
		}
	case opUnlock:
		unlock(&o.mutex[a])
	case opTryLockFail:
		expect(!tryLock(&o.mutex[a]))
	case opReadLock:
		if v&1 == 0 {
			readLock(&o.rw[a])
		} else {
			expect(tryReadLock(&o.rw[a]))
		}
	case opReadUnlock:
		readUnlock(&o.rw[a])
	case opWriteLock:
		if v&1 == 0 {
			writeLock(&o.rw[a])
		} else {
			expect(tryWriteLock(&o.rw[a]))
		}
	case opWriteUnlock:
		writeUnlock(&o.rw[a])
	case opTryReadLockFail:
		expect(!tryReadLock(&o.rw[a]))
	case opTryWriteLockFail:
		expect(!tryWriteLock(&o.rw[a]))
	case opGroupAdd:
		o.counter[a] += s.b
		groupAdd(&o.group[a], int(s.b))
	case opGroupWait:
		groupWait(&o.group[a])
	case opGroupWake, opOnceEnd, opCondWake:
	case opOnceReturn:
		if s.b == 0 {
			onceReturn(&o.once[a])
		}
	case opCondSignal:
		condSignal(&o.cond[a])
	case opCondBroadcast:
		condBroadcast(&o.cond[a])
	case opMakeChan:
		o.chans[a] = makeChannel(int(s.b), s.c)
		tell('C', s.event, [6]uint64{uint64(a), uint64(o.chans[a].address())})
	case opSend:
		o.chans[a].send(v)
	case opRecv, opRecvClosed:
		o.chans[a].receive(v)
	case opClose:
		o.chans[a].close()
	case opSelectPoll:
		one, other := o.chans[a], channel{}
		if s.b >= 0 {
			other = o.chans[s.b]
		}
		expect(poll(one, other, v))
	case opMallocData:
		racemalloc(unsafe.Add(now.data, a), uintptr(s.b))
	case opMallocObject:
		o.renew(a, s.b)
	default:
		fail("no such operation")
	}
}

// block does what blocks.
//
//go:norace
func (o *objects) block(s *step, v uint64) {
	switch s.code {
	case opGroupBlock:
		groupWait(&o.group[s.a])
	case opArmSend:
		o.chans[s.a].send(v)
	case opArmRecv:
		o.chans[s.a].receive(v)
	case opArmOnce:
		onceReturn(&o.once[s.a])
	}
}

// renew makes object i of a kind a new one in the same memory.
//
//go:norace
func (o *objects) renew(kind, i int64) {
	var at unsafe.Pointer
	var size uintptr
	switch kind {
	case kindMutex:
		at, size = unsafe.Pointer(&o.mutex[i]), unsafe.Sizeof(o.mutex[i])
	case kindReadWrite:
		at, size = unsafe.Pointer(&o.rw[i]), unsafe.Sizeof(o.rw[i])
	case kindGroup:
		at, size = unsafe.Pointer(&o.group[i]), unsafe.Sizeof(o.group[i])
		o.counter[i] = 0
	case kindOnce:
		at, size = unsafe.Pointer(&o.once[i]), unsafe.Sizeof(o.once[i])
	case kindCond:
		// It stays where its waiters are: nobody looks at its memory.
		return
	case kindChan:
		o.chans[i] = channel{}
		return
	}
	for b := range unsafe.Slice((*byte)(at), size) {
		*(*byte)(unsafe.Add(at, b)) = 0
	}
	racemalloc(at, size)
}

//go:norace
func expect(ok bool) {
	if !ok {
		fail("an operation came out otherwise than in the program")
	}
}

// racemalloc is what the allocator calls for memory that it gives out.
//
//go:linkname racemalloc runtime.racemalloc
func racemalloc(p unsafe.Pointer, size uintptr)

//go:noinline
func lock(m *sync.Mutex) { m.Lock() }

//go:noinline
func unlock(m *sync.Mutex) { m.Unlock() }

//go:noinline
func tryLock(m *sync.Mutex) bool { return m.TryLock() }

//go:noinline
func readLock(m *sync.RWMutex) { m.RLock() }

//go:noinline
func readUnlock(m *sync.RWMutex) { m.RUnlock() }

//go:noinline
func tryReadLock(m *sync.RWMutex) bool { return m.TryRLock() }

//go:noinline
func writeLock(m *sync.RWMutex) { m.Lock() }

//go:noinline
func writeUnlock(m *sync.RWMutex) { m.Unlock() }

//go:noinline
func tryWriteLock(m *sync.RWMutex) bool { return m.TryLock() }

//go:noinline
func groupAdd(g *sync.WaitGroup, delta int) {
	if delta == -1 {
		g.Done()
	} else {
		g.Add(delta)
	}
}

//go:noinline
func groupWait(g *sync.WaitGroup) { g.Wait() }

//go:noinline
func onceDo(o *sync.Once, g, k, once int32, end *int32) {
	o.Do(func() { *end = steps(g, k, once) })
}

//go:noinline
func onceReturn(o *sync.Once) { o.Do(func() { fail("Once was not done") }) }

//go:noinline
func condWait(c *sync.Cond) { c.Wait() }

//go:noinline
func condSignal(c *sync.Cond) { c.Signal() }

//go:noinline
func condBroadcast(c *sync.Cond) { c.Broadcast() }
