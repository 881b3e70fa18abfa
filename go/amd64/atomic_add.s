// func NAME(addr *T, delta T) (new T): an addition of sync/atomic. See atomics.s for the names
// used.
//
//	AX BX	addr, delta; AX then new
TEXT	NAME<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0
	NO_LOCAL_POINTERS
	TESTB	AX, (AX)			// nil faults here, where Go can unwind
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, 0(SP)			// the block: address, delta, result
	MOVE	BX, 8(SP)
	LEAQ	ADD_FUNCTION, AX
	CALL	hbatomic<>(SB)
	MOVE	16(SP), AX			// Go wants the new value, the runtime gives the old one
	PLUS	8(SP), AX
	RET
outside:
	MOVE	BX, CX
	LOCK
	FETCH_ADD	BX, (AX)
	PLUS	CX, BX
	MOVE	BX, AX
	RET
