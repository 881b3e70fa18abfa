// The way from Go code to the runtime of hb, on amd64.
//
// hb puts this file in the place of the Go distribution's file of the same name, with one `#define`
// for each exported function of the runtime before it: `__tsan_read` becomes the operand
// `tsan_read`, which is `runtime·hbblob+OFFSET(SB)`, good for CALL and LEAQ. (Not for JMP: Go's
// assembler drops the offset there.)
//
// Conventions
//
// - Hooks that Go code calls are defined as ABIInternal, so that no wrapper stands between the
//   caller and the hook: arguments come in AX, BX, CX, DI, SI, results go in AX; R14 is g and X15 is
//   zero; every other register may be used. So (SP) at entry is the caller's own pc.
// - Runtime functions follow the System V convention: DI, SI, DX, CX, R8; BX, BP, R12-R15 preserved.
//   R8 is the goid for every __tsan_hb_* hook (see crates/runtime/src/abi.rs).
// - They run on the thread's g0 stack (ON_G0), because a goroutine's stack may have as little as a
//   few hundred bytes left.
// - A function that writes SP (that is, uses ON_G0) must not fault: Go cannot unwind through it.
//   So nil is found out before, in the function that Go code called.

//go:build race

#include "go_asm.h"
#include "go_tls.h"
#include "funcdata.h"
#include "textflag.h"
#include "cgo/abi_amd64.h"

// IN_RANGE goes on at `inside` if addr lies in the heap arenas or the data segments, otherwise it
// jumps to `outside`. Nothing is known about other memory, so nothing is checked there.
#define IN_RANGE(addr, inside, outside) \
	CMPQ	addr, runtime·racearenastart(SB); \
	JB	range_data; \
	CMPQ	addr, runtime·racearenaend(SB); \
	JB	inside; \
range_data: \
	CMPQ	addr, runtime·racedatastart(SB); \
	JB	outside; \
	CMPQ	addr, runtime·racedataend(SB); \
	JAE	outside; \
inside:

// ON_G0 calls a runtime function on the g0 stack, or on the present stack if that is the g0 or the
// signal stack already. The arguments are in place. Uses R10, R12, R13; sets X15 to zero again,
// which the called function does not preserve.
#define ON_G0(function) \
	MOVQ	g_m(R14), R13; \
	MOVQ	SP, R12; \
	CMPQ	R14, m_gsignal(R13); \
	JEQ	on_g0; \
	MOVQ	m_g0(R13), R10; \
	CMPQ	R14, R10; \
	JEQ	on_g0; \
	MOVQ	(g_sched+gobuf_sp)(R10), SP; \
on_g0: \
	ANDQ	$~15, SP; \
	CALL	function; \
	MOVQ	R12, SP; \
	XORPS	X15, X15

// SELF sets the first and the fifth argument: who is calling.
#define SELF \
	MOVQ	g_racectx(R14), DI; \
	MOVQ	g_goid(R14), R8

// Memory accesses, called by instrumented code.
//
// Most accesses were recorded before by the same goroutine in the same epoch, and are decided here, on the goroutine's own stack,
// without a write to memory. The shadow word of the 8 bytes around an address (crates/detector/src/shadow.rs) is two cells, the
// latest write below the latest read: a stamp (24 bits) above a mask of bytes (8 bits). The goroutine's context begins with
// its present stamp in the same place. So, of cell XOR stamp: below 256 the stamps agree, and it is the mask.
//
// The heap of race-enabled programs lies in [6<<37, 7<<37), its shadow at the same address with bit 45 set; that of the data
// segments lies at a distance that is kept at STATE (crates/runtime/src/layout.rs).


// SHADOW puts the shadow address of the word around AX into DX, or jumps to `outside` if there is none. Uses R9.
#define SHADOW(outside) \
	MOVQ	AX, R9; \
	MOVQ	AX, DX; \
	SHRQ	$37, R9; \
	ANDQ	$~7, DX; \
	CMPQ	R9, $6; \
	JNE	shadow_data; \
	BTSQ	$45, DX; \
shadow_known:

// SHADOW_DATA is the rest of SHADOW, out of the way.
#define SHADOW_DATA(outside) \
shadow_data: \
	CMPQ	AX, runtime·racedatastart(SB); \
	JB	outside; \
	CMPQ	AX, runtime·racedataend(SB); \
	JAE	outside; \
	MOVQ	$DATA_DISTANCE, R9; \
	ADDQ	(R9), DX; \
	JMP	shadow_known

// hbslow calls the runtime function in R11 for the hook that jumped here; SI, DX and CX are set. It drops frames of functions
// that a panic has left: those entered deeper in the stack than the function that runs now.
TEXT	hbslow<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	g_racectx(R14), DI
	TESTQ	DI, DI
	JEQ	done
	MOVQ	CONTEXT_TOP(DI), R10
	MOVQ	(g_stack+stack_hi)(R14), R8
	SUBQ	BP, R8
again:
	CMPQ	R10, CONTEXT_BASE(DI)
	JEQ	call
	CMPL	-8(R10), R8
	JLS	call
	SUBQ	$16, R10
	MOVQ	R10, CONTEXT_TOP(DI)
	JMP	again
call:
	MOVQ	g_goid(R14), R8
	ON_G0(R11)
done:
	RET

// Function entry and exit, called by instrumented code: the shadow stack (crates/detector/src/context.rs).

// func racefuncenter(callpc uintptr)
// The closure's context in DX belongs to the function that is being entered: preserved. BP is that function's, so its distance
// from the top of the stack tells how deep it was entered. What lies as deep or deeper was left by a panic.
TEXT	runtime·racefuncenter<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	PCALIGN	$64
	MOVQ	g_racectx(R14), CX
	TESTQ	CX, CX
	JEQ	done
	MOVQ	(g_stack+stack_hi)(R14), DI
	MOVQ	CONTEXT_TOP(CX), SI
	SUBQ	BP, DI
	CMPQ	SI, CONTEXT_LIMIT(CX)
	JEQ	full
	CMPL	-8(SI), DI
	JCC	stale
push:
	MOVL	DI, DI
	MOVQ	AX, (SI)
	MOVQ	DI, 8(SI)
	ADDQ	$16, SI
	MOVQ	SI, CONTEXT_TOP(CX)
done:
	RET
stale:
	CMPQ	SI, CONTEXT_BASE(CX)
	JEQ	push
	CMPL	-8(SI), DI
	JCS	push
	SUBQ	$16, SI
	JMP	stale
full:
	MOVQ	DX, BX
	MOVQ	AX, SI
	LEAQ	tsan_hb_func_enter, R11
	MOVQ	CX, DI
	MOVQ	g_goid(R14), R8
	ON_G0(R11)
	MOVQ	BX, DX
	RET

// func racefuncexit()
TEXT	runtime·racefuncexit<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN	$64
	MOVQ	g_racectx(R14), CX
	TESTQ	CX, CX
	JEQ	done
	MOVQ	CONTEXT_TOP(CX), SI
	CMPQ	SI, CONTEXT_BASE(CX)
	JEQ	done
	SUBQ	$16, SI
	MOVQ	SI, CONTEXT_TOP(CX)
done:
	RET

// Everything else that the Go runtime tells.

// func racecall(fn *byte, arg0, arg1, arg2, arg3 uintptr)
// fn is an entry point of the runtime, declared in race.go and defined at the end of this file.
TEXT	runtime·racecall<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-40
	MOVQ	DI, DX		// arg2
	MOVQ	BX, DI		// arg0
	XCHGQ	CX, SI		// arg1 and arg3
	MOVQ	g_goid(R14), R8
	ON_G0(AX)
	RET

// The way back: the runtime calls Go.
//
// racecallbackthunk(command, context) follows the System V convention. Command 0 stores the present
// processor's context and may come at any time; the others are for racecallback in race.go, which
// is Go code and needs g to be the g0 on whose stack we are.
TEXT	runtime·racecallbackthunk(SB), NOSPLIT|NOFRAME, $0-0
	TESTQ	DI, DI
	JNE	gocode
	get_tls(AX)
	MOVQ	g(AX), AX
	MOVQ	g_m(AX), AX
	MOVQ	m_p(AX), AX
	MOVQ	p_raceprocctx(AX), AX
	MOVQ	AX, (SI)
	RET

gocode:
	PUSH_REGS_HOST_TO_ABI0()
	ADJSP	$24
	MOVQ	DI, 0(SP)
	MOVQ	SI, 8(SP)
	get_tls(R12)
	MOVQ	g(R12), R13
	MOVQ	R13, 16(SP)
	MOVQ	g_m(R13), R13
	MOVQ	m_g0(R13), R14
	MOVQ	R14, g(R12)
	CALL	runtime·racecallback(SB)
	get_tls(R12)
	MOVQ	16(SP), R13
	MOVQ	R13, g(R12)
	ADJSP	$-24
	POP_REGS_HOST_TO_ABI0()
	RET
