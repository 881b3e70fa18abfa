// func NAME(addr *T, val T): a store of sync/atomic. See atomics.s for the names used.
//
//	AX BX	addr, val
TEXT	NAME<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0
	NO_LOCAL_POINTERS
	TESTB	AX, (AX)			// nil faults here, where Go can unwind
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, 0(SP)			// the block: address, value
	MOVE	BX, 8(SP)
	LEAQ	STORE_FUNCTION, AX
	CALL	hbatomic<>(SB)
	RET
outside:
	EXCHANGE	BX, (AX)
	RET
