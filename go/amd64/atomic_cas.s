// func NAME(addr *T, old, new T) (swapped bool): a compare-and-swap of sync/atomic. See atomics.s
// for the names used.
//
//	AX BX CX	addr, old, new; AX then swapped
TEXT	NAME<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0
	NO_LOCAL_POINTERS
	TESTB	AX, (AX)			// nil faults here, where Go can unwind
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, 0(SP)			// the block: address, old, new, result
	MOVE	BX, 8(SP)
	MOVE	CX, (8+SIZE)(SP)
	LEAQ	CAS_FUNCTION, AX
	CALL	hbatomic<>(SB)
	MOVBLZX	CAS_RESULT(SP), AX
	RET
outside:
	MOVQ	AX, DI
	MOVE	BX, AX
	LOCK
	COMPARE_EXCHANGE	CX, (DI)
	SETEQ	AX
	RET
