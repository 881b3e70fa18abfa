// HOOK, an entry point of the runtime that race.go declares: an assembly function that can be
// called from anywhere, with the arguments of FUNCTION in place (racecall). A JMP to FUNCTION
// itself would lose the offset: Go's assembler keeps it for CALL and LEAQ only.
//
// Where there is a form of ours that is told more (`__tsan_hb_x` for `__tsan_x`), that is FUNCTION,
// and one of the names below says what it is told. R14 is the g whose code runs (that of the
// scheduler, for hooks called from there), R8 its goid.
TEXT	HOOK(SB), NOSPLIT|NOFRAME, $0-0

#ifdef LOCATED
	// Where the present goroutine calls the hook: the frame in DX, the bounds of its stack in CX.
	// For another goroutine Go says so itself (go/edits, parked).
	CMPQ	DI, g_racectx(R14)
	JNE	call
	MOVQ	BP, DX
	LEAQ	(g_stack+stack_lo)(R14), CX
call:
#endif

#ifdef GO_STATEMENT
	// A go statement is carried out on the scheduler's stack: whose it is, is the thread's current
	// goroutine, which has left its frame pointer behind when it switched. R8 is its goid, or 0; CX
	// the frame, R9 the bounds of its stack.
	XORL	R8, R8
	XORL	CX, CX
	MOVQ	g_m(R14), R9
	MOVQ	m_curg(R9), R9			// R9 = the current goroutine
	TESTQ	R9, R9				// there is none
	JEQ	call
	CMPQ	R9, R14				// it is the one that runs here
	JEQ	call
	CMPQ	DI, g_racectx(R9)		// the statement is another's
	JNE	call
	MOVQ	g_goid(R9), R8
	MOVQ	(g_sched+gobuf_bp)(R9), CX
	LEAQ	(g_stack+stack_lo)(R9), R9
call:
#endif

	LEAQ	FUNCTION, R11
	JMP	R11
