// Atomic operations of sync/atomic.
//
// In range, they are performed by the runtime, which takes a Go argument block: it is built in the
// frame. Out of range they order nothing, so they are just performed.
//
// Each operation is written once, in a file of its own, and included for each type with its NAME;
// for each size the names below say which instructions and which functions of the runtime it uses.

// The frame of every operation: the block's largest form is address, old, new, result, of 8 bytes
// each.
#define ATOMIC_FRAME 32

// hbatomic calls the runtime function in AX for the operation that called it.
//
//	AX	void (*)(Context *, uintptr caller_pc, uintptr pc, void *block, goid, Bounds *)
// Stack at entry: the pc in the operation, the argument block, the saved frame pointer, the pc in
// the user's function.
TEXT	hbatomic<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	(8+ATOMIC_FRAME+8)(SP), SI	// the pc in the user's function
	MOVQ	(SP), DX			// the pc in the operation
	LEAQ	8(SP), CX			// the block
	LEAQ	(g_stack+stack_lo)(R14), R9	// the bounds of the goroutine's stack
	SELF
	TO_G0(on_g0)
on_g0:
	CALL_HB(AX)
	RET

// Of 4 bytes.
#define SIZE 4
#define BYTES 0x0f
#define MOVE MOVL
#define PLUS ADDL
#define EXCHANGE XCHGL
#define FETCH_ADD XADDL
#define COMPARE_EXCHANGE CMPXCHGL
#define LOAD_FUNCTION tsan_hb_atomic32_load
#define STORE_FUNCTION tsan_hb_atomic32_store
#define SWAP_FUNCTION tsan_hb_atomic32_exchange
#define ADD_FUNCTION tsan_hb_atomic32_fetch_add
#define CAS_FUNCTION tsan_hb_atomic32_compare_exchange
#define CAS_RESULT (8+2*SIZE)

#define NAME sync∕atomic·LoadInt32
#include "atomic_load.s"
#undef NAME
#define NAME sync∕atomic·LoadUint32
#include "atomic_load.s"
#undef NAME
#define NAME sync∕atomic·StoreInt32
#include "atomic_store.s"
#undef NAME
#define NAME sync∕atomic·StoreUint32
#include "atomic_store.s"
#undef NAME
#define NAME sync∕atomic·SwapInt32
#include "atomic_swap.s"
#undef NAME
#define NAME sync∕atomic·SwapUint32
#include "atomic_swap.s"
#undef NAME
#define NAME sync∕atomic·AddInt32
#include "atomic_add.s"
#undef NAME
#define NAME sync∕atomic·AddUint32
#include "atomic_add.s"
#undef NAME
#define BITS ANDL
#define BITS_FUNCTION tsan_hb_atomic32_fetch_and
#define NAME sync∕atomic·AndInt32
#include "atomic_bits.s"
#undef NAME
#define NAME sync∕atomic·AndUint32
#include "atomic_bits.s"
#undef NAME
#undef BITS
#undef BITS_FUNCTION
#define BITS ORL
#define BITS_FUNCTION tsan_hb_atomic32_fetch_or
#define NAME sync∕atomic·OrInt32
#include "atomic_bits.s"
#undef NAME
#define NAME sync∕atomic·OrUint32
#include "atomic_bits.s"
#undef NAME
#undef BITS
#undef BITS_FUNCTION
#define NAME sync∕atomic·CompareAndSwapInt32
#include "atomic_cas.s"
#undef NAME
#define NAME sync∕atomic·CompareAndSwapUint32
#include "atomic_cas.s"
#undef NAME

#undef SIZE
#undef BYTES
#undef MOVE
#undef PLUS
#undef EXCHANGE
#undef FETCH_ADD
#undef COMPARE_EXCHANGE
#undef LOAD_FUNCTION
#undef STORE_FUNCTION
#undef SWAP_FUNCTION
#undef ADD_FUNCTION
#undef CAS_FUNCTION
#undef CAS_RESULT

// Of 8 bytes.
#define SIZE 8
#define BYTES 0xff
#define MOVE MOVQ
#define PLUS ADDQ
#define EXCHANGE XCHGQ
#define FETCH_ADD XADDQ
#define COMPARE_EXCHANGE CMPXCHGQ
#define LOAD_FUNCTION tsan_hb_atomic64_load
#define STORE_FUNCTION tsan_hb_atomic64_store
#define SWAP_FUNCTION tsan_hb_atomic64_exchange
#define ADD_FUNCTION tsan_hb_atomic64_fetch_add
#define CAS_FUNCTION tsan_hb_atomic64_compare_exchange
#define CAS_RESULT (8+2*SIZE)

#define NAME sync∕atomic·LoadInt64
#include "atomic_load.s"
#undef NAME
#define NAME sync∕atomic·LoadUint64
#include "atomic_load.s"
#undef NAME
#define NAME sync∕atomic·LoadUintptr
#include "atomic_load.s"
#undef NAME
#define NAME sync∕atomic·LoadPointer
#include "atomic_load.s"
#undef NAME
#define NAME sync∕atomic·StoreInt64
#include "atomic_store.s"
#undef NAME
#define NAME sync∕atomic·StoreUint64
#include "atomic_store.s"
#undef NAME
#define NAME sync∕atomic·StoreUintptr
#include "atomic_store.s"
#undef NAME
#define NAME sync∕atomic·SwapInt64
#include "atomic_swap.s"
#undef NAME
#define NAME sync∕atomic·SwapUint64
#include "atomic_swap.s"
#undef NAME
#define NAME sync∕atomic·SwapUintptr
#include "atomic_swap.s"
#undef NAME
#define NAME sync∕atomic·AddInt64
#include "atomic_add.s"
#undef NAME
#define NAME sync∕atomic·AddUint64
#include "atomic_add.s"
#undef NAME
#define NAME sync∕atomic·AddUintptr
#include "atomic_add.s"
#undef NAME
#define BITS ANDQ
#define BITS_FUNCTION tsan_hb_atomic64_fetch_and
#define NAME sync∕atomic·AndInt64
#include "atomic_bits.s"
#undef NAME
#define NAME sync∕atomic·AndUint64
#include "atomic_bits.s"
#undef NAME
#define NAME sync∕atomic·AndUintptr
#include "atomic_bits.s"
#undef NAME
#undef BITS
#undef BITS_FUNCTION
#define BITS ORQ
#define BITS_FUNCTION tsan_hb_atomic64_fetch_or
#define NAME sync∕atomic·OrInt64
#include "atomic_bits.s"
#undef NAME
#define NAME sync∕atomic·OrUint64
#include "atomic_bits.s"
#undef NAME
#define NAME sync∕atomic·OrUintptr
#include "atomic_bits.s"
#undef NAME
#undef BITS
#undef BITS_FUNCTION
#define NAME sync∕atomic·CompareAndSwapInt64
#include "atomic_cas.s"
#undef NAME
#define NAME sync∕atomic·CompareAndSwapUint64
#include "atomic_cas.s"
#undef NAME
#define NAME sync∕atomic·CompareAndSwapUintptr
#include "atomic_cas.s"
#undef NAME
