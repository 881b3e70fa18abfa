// Timers, as the runtime of hb wants them.
//
// A timer's function runs on the stack of whichever thread comes along, in a context that belongs
// to the processor. Where Go starts its threads itself, that stack would lie in the heap, where
// accesses are checked, and what one processor's timer left in a place of the stack would look like
// a race with what the next one does there. So threads get stacks outside of the heap.

//go:build race

package runtime

import "unsafe"

// Bytes of a thread's stack. Only what is used costs memory.
const hbStackSize = 64 << 10

// hbmalg makes the g of a thread, with a stack outside of the heap.
func hbmalg() *g {
	p, err := mmap(nil, hbStackSize, _PROT_READ|_PROT_WRITE, _MAP_ANON|_MAP_PRIVATE, -1, 0)
	if err != 0 {
		throw("hb: no memory for the stack of a thread")
	}
	gp := malg(-1)
	gp.stack = stack{uintptr(p), uintptr(p) + hbStackSize}
	gp.stackguard0 = gp.stack.lo + stackGuard
	gp.stackguard1 = ^uintptr(0)
	return gp
}

// hbstackfree frees what hbmalg allocated.
func hbstackfree(s stack) {
	munmap(unsafe.Pointer(s.lo), s.hi-s.lo)
}

// hbfire begins the firing of a timer in the context ctx, which knows nothing of what fired in it
// before.
func hbfire(ctx uintptr)
