// Atomic operations of sync/atomic. This text is put behind that of race_amd64.s.
//
// In range, they are performed by the runtime, which takes a Go argument block: it is built in the frame. Out of range they
// order nothing, so they are just performed.
//
// The frame of every operation is 32 bytes: the block's largest form is address, old, new, result.

#define ATOMIC_FRAME 32

// hbatomic calls the runtime function in AX for the operation that called it. Stack at entry: the
// pc in the operation, the argument block, the saved frame pointer, the pc in the user's function.
TEXT	hbatomic<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	(8+ATOMIC_FRAME+8)(SP), SI
	MOVQ	(SP), DX
	LEAQ	8(SP), CX
	LEAQ	(g_stack+stack_lo)(R14), R9
	SELF
	ON_G0(AX)
	RET

// ATOMIC begins an operation on the word at AX: nil faults here, where Go can unwind.
#define ATOMIC(name) \
TEXT	name<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0; \
	NO_LOCAL_POINTERS; \
	TESTB	AX, (AX); \
	IN_RANGE(AX, inside, outside); \
	MOVQ	AX, 0(SP)

#define LOAD(name, move, function) \
	ATOMIC(name); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	8(SP), AX; \
	RET; \
outside: \
	move	(AX), AX; \
	RET

LOAD(sync∕atomic·LoadInt32, MOVL, tsan_hb_atomic32_load)
LOAD(sync∕atomic·LoadUint32, MOVL, tsan_hb_atomic32_load)
LOAD(sync∕atomic·LoadInt64, MOVQ, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadUint64, MOVQ, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadUintptr, MOVQ, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadPointer, MOVQ, tsan_hb_atomic64_load)

#define STORE(name, move, exchange, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	RET; \
outside: \
	exchange	BX, (AX); \
	RET

STORE(sync∕atomic·StoreInt32, MOVL, XCHGL, tsan_hb_atomic32_store)
STORE(sync∕atomic·StoreUint32, MOVL, XCHGL, tsan_hb_atomic32_store)
STORE(sync∕atomic·StoreInt64, MOVQ, XCHGQ, tsan_hb_atomic64_store)
STORE(sync∕atomic·StoreUint64, MOVQ, XCHGQ, tsan_hb_atomic64_store)
STORE(sync∕atomic·StoreUintptr, MOVQ, XCHGQ, tsan_hb_atomic64_store)

#define SWAP(name, move, exchange, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	16(SP), AX; \
	RET; \
outside: \
	exchange	BX, (AX); \
	move	BX, AX; \
	RET

SWAP(sync∕atomic·SwapInt32, MOVL, XCHGL, tsan_hb_atomic32_exchange)
SWAP(sync∕atomic·SwapUint32, MOVL, XCHGL, tsan_hb_atomic32_exchange)
SWAP(sync∕atomic·SwapInt64, MOVQ, XCHGQ, tsan_hb_atomic64_exchange)
SWAP(sync∕atomic·SwapUint64, MOVQ, XCHGQ, tsan_hb_atomic64_exchange)
SWAP(sync∕atomic·SwapUintptr, MOVQ, XCHGQ, tsan_hb_atomic64_exchange)

// Go wants the new value, the runtime gives the old one.
#define ADD(name, move, add, xadd, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	16(SP), AX; \
	add	8(SP), AX; \
	RET; \
outside: \
	move	BX, CX; \
	LOCK; \
	xadd	BX, (AX); \
	add	CX, BX; \
	move	BX, AX; \
	RET

ADD(sync∕atomic·AddInt32, MOVL, ADDL, XADDL, tsan_hb_atomic32_fetch_add)
ADD(sync∕atomic·AddUint32, MOVL, ADDL, XADDL, tsan_hb_atomic32_fetch_add)
ADD(sync∕atomic·AddInt64, MOVQ, ADDQ, XADDQ, tsan_hb_atomic64_fetch_add)
ADD(sync∕atomic·AddUint64, MOVQ, ADDQ, XADDQ, tsan_hb_atomic64_fetch_add)
ADD(sync∕atomic·AddUintptr, MOVQ, ADDQ, XADDQ, tsan_hb_atomic64_fetch_add)

#define BITS(name, move, op, cmpxchg, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	16(SP), AX; \
	RET; \
outside: \
	MOVQ	AX, DI; \
	move	(DI), AX; \
again: \
	move	AX, CX; \
	op	BX, CX; \
	LOCK; \
	cmpxchg	CX, (DI); \
	JNE	again; \
	RET

BITS(sync∕atomic·AndInt32, MOVL, ANDL, CMPXCHGL, tsan_hb_atomic32_fetch_and)
BITS(sync∕atomic·AndUint32, MOVL, ANDL, CMPXCHGL, tsan_hb_atomic32_fetch_and)
BITS(sync∕atomic·AndInt64, MOVQ, ANDQ, CMPXCHGQ, tsan_hb_atomic64_fetch_and)
BITS(sync∕atomic·AndUint64, MOVQ, ANDQ, CMPXCHGQ, tsan_hb_atomic64_fetch_and)
BITS(sync∕atomic·AndUintptr, MOVQ, ANDQ, CMPXCHGQ, tsan_hb_atomic64_fetch_and)
BITS(sync∕atomic·OrInt32, MOVL, ORL, CMPXCHGL, tsan_hb_atomic32_fetch_or)
BITS(sync∕atomic·OrUint32, MOVL, ORL, CMPXCHGL, tsan_hb_atomic32_fetch_or)
BITS(sync∕atomic·OrInt64, MOVQ, ORQ, CMPXCHGQ, tsan_hb_atomic64_fetch_or)
BITS(sync∕atomic·OrUint64, MOVQ, ORQ, CMPXCHGQ, tsan_hb_atomic64_fetch_or)
BITS(sync∕atomic·OrUintptr, MOVQ, ORQ, CMPXCHGQ, tsan_hb_atomic64_fetch_or)

#define CAS(name, move, new, result, cmpxchg, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	move	CX, new(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	MOVBLZX	result(SP), AX; \
	RET; \
outside: \
	MOVQ	AX, DI; \
	move	BX, AX; \
	LOCK; \
	cmpxchg	CX, (DI); \
	SETEQ	AX; \
	RET

CAS(sync∕atomic·CompareAndSwapInt32, MOVL, 12, 16, CMPXCHGL, tsan_hb_atomic32_compare_exchange)
CAS(sync∕atomic·CompareAndSwapUint32, MOVL, 12, 16, CMPXCHGL, tsan_hb_atomic32_compare_exchange)
CAS(sync∕atomic·CompareAndSwapInt64, MOVQ, 16, 24, CMPXCHGQ, tsan_hb_atomic64_compare_exchange)
CAS(sync∕atomic·CompareAndSwapUint64, MOVQ, 16, 24, CMPXCHGQ, tsan_hb_atomic64_compare_exchange)
CAS(sync∕atomic·CompareAndSwapUintptr, MOVQ, 16, 24, CMPXCHGQ, tsan_hb_atomic64_compare_exchange)
