// Calls: the shadow stack (crates/detector/src/context.rs), and the ways into the runtime and back.
//
// A frame of the shadow stack is the return address of a call and how deep on the goroutine's stack
// the function was entered: the distance of its frame pointer BP from the stack's top. What lies as
// deep as a function that is entered now, or deeper, was left by a panic.

// hbslow calls a runtime function for the hook that jumped here. It first drops frames of functions
// that a panic has left: those entered deeper in the stack than the function that runs now.
//
//	R11	the function: void (*)(Context *, SI, DX, CX, goid)
//	SI DX CX	its arguments 1 to 3
//	DI	the context
//	R10	the top of the shadow stack
//	R8	how deep the function that runs now was entered; then the goid
TEXT	hbslow<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	g_racectx(R14), DI
	TESTQ	DI, DI				// a g without a context: the scheduler's
	JEQ	done
	MOVQ	CONTEXT_TOP(DI), R10
	MOVQ	(g_stack+stack_hi)(R14), R8
	SUBQ	BP, R8				// R8 = the depth of this function
again:
	CMPQ	R10, CONTEXT_BASE(DI)		// no frame is left
	JEQ	call
	CMPL	(FRAME_DEPTH-FRAME_SIZE)(R10), R8	// the innermost frame is one that is active
	JLS	call
	SUBQ	$FRAME_SIZE, R10		// it is not: drop it
	MOVQ	R10, CONTEXT_TOP(DI)
	JMP	again
call:
	MOVQ	g_goid(R14), R8
	TO_G0(on_g0)
on_g0:
	CALL_HB(R11)				// void (*R11)(Context *, SI, DX, CX, uintptr goid)
done:
	RET

// func racefuncenter(callpc uintptr)
// Called by instrumented code. The closure's context in DX belongs to the function that is being
// entered: preserved.
//
//	AX	callpc
//	CX	the context
//	SI	the top of the shadow stack
//	DI	how deep the function is entered
TEXT	runtime·racefuncenter<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	PCALIGN	$64
	MOVQ	g_racectx(R14), CX
	TESTQ	CX, CX				// a g without a context: the scheduler's
	JEQ	done
	MOVQ	(g_stack+stack_hi)(R14), DI
	MOVQ	CONTEXT_TOP(CX), SI
	SUBQ	BP, DI				// DI = the depth
	CMPQ	SI, CONTEXT_LIMIT(CX)		// the shadow stack's memory is used up
	JEQ	full
	CMPL	(FRAME_DEPTH-FRAME_SIZE)(SI), DI	// the innermost frame was left by a panic
	JCC	stale
push:
	MOVL	DI, DI				// FRAME_NODE = 0, with FRAME_DEPTH
	MOVQ	AX, FRAME_PC(SI)
	MOVQ	DI, FRAME_DEPTH(SI)
	ADDQ	$FRAME_SIZE, SI
	MOVQ	SI, CONTEXT_TOP(CX)
done:
	RET
stale:						// drop frames while they are as deep or deeper
	CMPQ	SI, CONTEXT_BASE(CX)
	JEQ	push
	CMPL	(FRAME_DEPTH-FRAME_SIZE)(SI), DI
	JCS	push
	SUBQ	$FRAME_SIZE, SI
	JMP	stale
full:						// the runtime gets more memory
	MOVQ	DX, BX				// the closure's context, in a register that is preserved
	MOVQ	AX, SI
	LEAQ	tsan_hb_func_enter, R11
	MOVQ	CX, DI
	MOVQ	g_goid(R14), R8
	TO_G0(on_g0)
on_g0:
	CALL_HB(R11)				// void __tsan_hb_func_enter(Context *, uintptr callpc, _, _, goid)
	MOVQ	BX, DX
	RET

// func racefuncexit()
// Called by instrumented code.
//
//	CX	the context
//	SI	the top of the shadow stack
TEXT	runtime·racefuncexit<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN	$64
	MOVQ	g_racectx(R14), CX
	TESTQ	CX, CX				// a g without a context: the scheduler's
	JEQ	done
	MOVQ	CONTEXT_TOP(CX), SI
	CMPQ	SI, CONTEXT_BASE(CX)		// entered before the goroutine had a context
	JEQ	done
	SUBQ	$FRAME_SIZE, SI			// drop the innermost frame
	MOVQ	SI, CONTEXT_TOP(CX)
done:
	RET

// func racecall(fn *byte, arg0, arg1, arg2, arg3 uintptr)
// Everything else that the Go runtime tells. fn is an entry point of the runtime, declared in
// race.go and defined at the end of the assembled file (entry.s).
TEXT	runtime·racecall<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-40
	MOVQ	DI, DX				// arg2
	MOVQ	BX, DI				// arg0
	XCHGQ	CX, SI				// arg1 and arg3
	MOVQ	g_goid(R14), R8
	TO_G0(on_g0)
on_g0:
	CALL_HB(AX)				// void (*fn)(arg0, arg1, arg2, arg3, goid)
	RET

// racecallbackthunk(command, context) is the way back: the runtime calls Go. It follows the System
// V convention. Command 0 stores the present processor's context and may come at any time; the
// others are for racecallback in race.go, which is Go code and needs g to be the g0 on whose stack
// we are.
TEXT	runtime·racecallbackthunk(SB), NOSPLIT|NOFRAME, $0-0
	TESTQ	DI, DI
	JNE	gocode
	get_tls(AX)				// *context = g.m.p.raceprocctx
	MOVQ	g(AX), AX
	MOVQ	g_m(AX), AX
	MOVQ	m_p(AX), AX
	MOVQ	p_raceprocctx(AX), AX
	MOVQ	AX, (SI)
	RET
gocode:
	PUSH_REGS_HOST_TO_ABI0()
	ADJSP	$24
	MOVQ	DI, 0(SP)			// command
	MOVQ	SI, 8(SP)			// context
	get_tls(R12)
	MOVQ	g(R12), R13
	MOVQ	R13, 16(SP)			// g, to be put back
	MOVQ	g_m(R13), R13
	MOVQ	m_g0(R13), R14
	MOVQ	R14, g(R12)			// g = g.m.g0
	CALL	runtime·racecallback(SB)	// func racecallback(cmd uintptr, ctx unsafe.Pointer)
	get_tls(R12)
	MOVQ	16(SP), R13
	MOVQ	R13, g(R12)
	ADJSP	$-24
	POP_REGS_HOST_TO_ABI0()
	RET
