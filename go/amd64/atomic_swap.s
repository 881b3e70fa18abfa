// func NAME(addr *T, new T) (old T): an exchange of sync/atomic. See atomics.s for the names used.
//
//	AX BX	addr, new; AX then old
TEXT	NAME<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0
	NO_LOCAL_POINTERS
	TESTB	AX, (AX)			// nil faults here, where Go can unwind
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, 0(SP)			// the block: address, new, result
	MOVE	BX, 8(SP)
	LEAQ	SWAP_FUNCTION, AX
	CALL	hbatomic<>(SB)
	MOVE	16(SP), AX
	RET
outside:
	EXCHANGE	BX, (AX)
	MOVE	BX, AX
	RET
