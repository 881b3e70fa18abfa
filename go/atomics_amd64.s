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
	BEGIN(name); \
	IN_RANGE(AX, inside, outside); \
	MOVQ	AX, 0(SP)

#define BEGIN(name) \
TEXT	name<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0; \
	NO_LOCAL_POINTERS; \
	TESTB	AX, (AX)

// A load that has nothing new to tell is performed here, without a lock and on the goroutine's own stack: the word's record has a load of the
// same bytes in the present epoch, and what was released there is known. What the record says holds if its version has
// not changed when the load was made: whoever stores takes the record's lock first, so a load that sees the store sees another version.
// This is Detector::load_recorded in crates/detector/src/memo.rs; all else is left to the runtime.


// KNOWN_LOAD does that for the word at AX, which is returned in AX; or it goes on at `engine`. bytes are those of the access, as they stand in a
// record, and misaligned the bits of the address that have to be 0. Uses BX, CX, DX, DI and R8 to R12.
#define KNOWN_LOAD(move, bytes, misaligned, engine) \
	SHADOW(engine); \
	MOVQ	g_racectx(R14), DI; \
	TESTQ	DI, DI; \
	JEQ	engine; \
	MOVQ	(DX), BX; \
	MOVL	BX, R9; \
	SHRL	$8, R9; \
	CMPL	R9, $0xffffff; \
	JNE	engine; \
	MOVL	BX, R9; \
	MOVQ	BX, R8; \
	SHLL	$24, R9; \
	SHRQ	$40, R8; \
	ORL	R9, R8; \
	SHLQ	$6, R8; \
	MOVQ	$EXTS, R9; \
	ADDQ	R9, R8; \
	MOVL	(R8), R10; \
	MOVL	AX, CX; \
	ANDL	$7, CX; \
	MOVQ	bytes, R11; \
	MOVL	CONTEXT_LANE(DI), R12; \
	SHLQ	CX, R11; \
	SHLQ	$32, R12; \
	BTSQ	$63, R11; \
	ORQ	R12, R11; \
	MOVL	CONTEXT_CLOCK(DI), R12; \
	ORQ	R12, R11; \
	CMPQ	R11, EXT_ACCESSES(R8); \
	JEQ	recorded; \
	CMPQ	R11, (EXT_ACCESSES+8)(R8); \
	JEQ	recorded; \
	CMPQ	R11, (EXT_ACCESSES+16)(R8); \
	JEQ	recorded; \
	CMPQ	R11, (EXT_ACCESSES+24)(R8); \
	JNE	engine; \
recorded: \
	MOVWLZX	EXT_SYNC_OFFSET(R8), R12; \
	TESTB	R12, R12; \
	JEQ	nothing_new; \
	LEAL	0x101(CX), R11; \
	CMPL	R12, R11; \
	JNE	engine; \
	MOVL	EXT_SYNC_LANE(R8), R12; \
	CMPL	R12, CONTEXT_WHOLE_LANE(DI); \
	JNE	engine; \
	MOVL	EXT_SYNC_CLOCK(R8), R12; \
	CMPL	R12, CONTEXT_WHOLE_LOW(DI); \
	JLS	engine; \
	CMPL	R12, CONTEXT_WHOLE_HIGH(DI); \
	JHI	engine; \
nothing_new: \
	TESTL	misaligned, AX; \
	JNE	engine; \
	CMPW	CONTEXT_IGNORE(DI), $0; \
	JNE	engine; \
	TESTL	$1, R10; \
	JNE	engine; \
	CMPQ	BX, (DX); \
	JNE	engine; \
	move	(AX), CX; \
	CMPL	R10, (R8); \
	JNE	engine; \
	MOVQ	CX, AX; \
	RET; \
	SHADOW_DATA(engine)

#define LOAD(name, move, bytes, misaligned, function) \
	BEGIN(name); \
	KNOWN_LOAD(move, bytes, misaligned, engine); \
engine: \
	IN_RANGE(AX, inside, outside); \
	MOVQ	AX, 0(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	8(SP), AX; \
	RET; \
outside: \
	move	(AX), AX; \
	RET

LOAD(sync∕atomic·LoadInt32, MOVL, $0x03c0000000000000, $3, tsan_hb_atomic32_load)
LOAD(sync∕atomic·LoadUint32, MOVL, $0x03c0000000000000, $3, tsan_hb_atomic32_load)
LOAD(sync∕atomic·LoadInt64, MOVQ, $0x3fc0000000000000, $7, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadUint64, MOVQ, $0x3fc0000000000000, $7, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadUintptr, MOVQ, $0x3fc0000000000000, $7, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadPointer, MOVQ, $0x3fc0000000000000, $7, tsan_hb_atomic64_load)

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
