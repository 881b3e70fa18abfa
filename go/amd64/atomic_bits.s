// func NAME(addr *T, mask T) (old T): the operation BITS (and, or) of sync/atomic. See atomics.s
// for the names used.
//
//	AX BX	addr, mask; AX then old
TEXT	NAME<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0
	NO_LOCAL_POINTERS
	TESTB	AX, (AX)			// nil faults here, where Go can unwind
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, 0(SP)			// the block: address, mask, result
	MOVE	BX, 8(SP)
	LEAQ	BITS_FUNCTION, AX
	CALL	hbatomic<>(SB)
	MOVE	16(SP), AX
	RET
outside:
	MOVQ	AX, DI
	MOVE	(DI), AX
again:
	MOVE	AX, CX
	BITS	BX, CX
	LOCK
	COMPARE_EXCHANGE	CX, (DI)	// if it is still AX
	JNE	again
	RET
