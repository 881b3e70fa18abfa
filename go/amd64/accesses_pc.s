// racereadpc and racereadrangepc1 (with READ defined), racewritepc and racewriterangepc1 (without):
// accesses that the Go runtime makes for somebody else. Here pc is a function's first address, and
// the runtime wants one that looks like a return address: one more.

// The call from callpc, unless that is 0, stands on the shadow stack meanwhile. Its depth of 0 says
// that it is never stale.
//
//	AX BX CX	addr, callpc, pc; then what hbread and hbwrite want
//	DX	the shadow word's address
//	DI	the context
//	SI	the top of the shadow stack
//	R11	pc + 1
#ifdef READ
// func racereadpc(addr unsafe.Pointer, callpc, pc uintptr)
TEXT	runtime·racereadpc<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
#else
// func racewritepc(addr unsafe.Pointer, callpc, pc uintptr)
TEXT	runtime·racewritepc<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
#endif
	HEAP_SHADOW(data)
shadow:
	MOVQ	g_racectx(R14), DI
	TESTQ	DI, DI				// a g without a context: the scheduler's
	JEQ	outside
	LEAQ	1(CX), R11
	MOVQ	AX, CX				// CX = the byte of the word
	ANDL	$7, CX
	TESTQ	BX, BX				// no call
	JEQ	unpushed
	MOVQ	CONTEXT_TOP(DI), SI
	CMPQ	SI, CONTEXT_LIMIT(DI)		// the shadow stack's memory is used up
	JEQ	full
	MOVQ	BX, FRAME_PC(SI)		// push the call
	MOVQ	$0, FRAME_DEPTH(SI)		// FRAME_NODE = 0, too
	ADDQ	$FRAME_SIZE, SI
	MOVQ	SI, CONTEXT_TOP(DI)
	SCALAR
#ifdef READ
	CALL	hbread<>(SB)
#else
	CALL	hbwrite<>(SB)
#endif
	MOVQ	g_racectx(R14), DI
	SUBQ	$FRAME_SIZE, CONTEXT_TOP(DI)	// pop it
outside:
	RET
unpushed:
	SCALAR
#ifdef READ
	JMP	hbread<>(SB)
#else
	JMP	hbwrite<>(SB)
#endif
full:						// the runtime gets more memory
	MOVQ	AX, SI
	MOVQ	BX, DX
	MOVQ	R11, CX
#ifdef READ
	LEAQ	tsan_hb_read_pc, R11		// void __tsan_hb_read_pc(Context *, addr, callpc, pc, goid)
#else
	// void __tsan_hb_write_pc(Context *, addr, callpc, pc, goid)
	LEAQ	tsan_hb_write_pc, R11
#endif
	JMP	hbslow<>(SB)
data:
	DATA_SHADOW(outside)
	JMP	shadow

#ifdef READ
// func racereadrangepc1(addr, size, pc uintptr)
TEXT	runtime·racereadrangepc1<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
#else
// func racewriterangepc1(addr, size, pc uintptr)
TEXT	runtime·racewriterangepc1<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
#endif
	MOVQ	g_racectx(R14), SI
	TESTQ	SI, SI				// a g without a context: the scheduler's
	JEQ	nobody
	LEAQ	1(CX), R11
#ifdef READ
	JMP	hbreadrange<>(SB)
#else
	JMP	hbwriterange<>(SB)
#endif
nobody:
	RET
