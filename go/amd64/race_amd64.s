// The way from Go code to the runtime of hb, on amd64.
//
// hb delivers this file in the place of the Go distribution's file of the same name. It puts before
// the first hook:
// - one `#define` for each number that the runtime's types have to say: offsets, sizes, shifts,
//   masks, tags, hashes (crates/detector/src/contract.rs). None of them is written here.
// - one for each exported function of the runtime: `__tsan_read` becomes the operand `tsan_read`,
//   which is `runtime·hbblob+OFFSET(SB)`, good for CALL and LEAQ. (Not for JMP: Go's assembler
//   drops the offset there.)
// It puts the files named by `#include` below in place, since the toolchain's own include path has
// none of ours.
//
// Conventions
//
// - Hooks that Go code calls are defined as ABIInternal, so that no wrapper stands between the
//   caller and the hook: arguments come in AX, BX, CX, DI, SI, results go in AX; R14 is g and X15
//   is zero; every other register may be used. So (SP) at entry is the caller's own pc.
// - Runtime functions follow the System V convention: arguments in DI, SI, DX, CX, R8; BX, BP and
//   R12-R15 are preserved. R8 is the goid for every __tsan_hb_* hook (crates/runtime/src/abi.rs).
//   A call of one has its prototype beside it.
// - They run on the thread's g0 stack (TO_G0), because a goroutine's stack may have as little as a
//   few hundred bytes left.
// - A function that writes SP (that is, uses TO_G0) must not fault: Go cannot unwind through it. So
//   nil is found out before, in the function that Go code called.
// - A macro has no labels, and jumps only to those that are its arguments: what jumps where is seen
//   in one file. A label's name is good in one function.

//go:build race

#include "go_asm.h"
#include "go_tls.h"
#include "funcdata.h"
#include "textflag.h"
#include "cgo/abi_amd64.h"

// TO_G0 changes to the g0's stack and goes on; if the present one is the g0's or the signal stack
// it jumps to `here`, which is the next line. R12 keeps SP. Uses R10 and R13.
#define TO_G0(here) \
	MOVQ	g_m(R14), R13; \
	MOVQ	SP, R12; \
	CMPQ	R14, m_gsignal(R13); \
	JEQ	here; \
	MOVQ	m_g0(R13), R10; \
	CMPQ	R14, R10; \
	JEQ	here; \
	MOVQ	(g_sched+gobuf_sp)(R10), SP

// CALL_HB calls a runtime function, whose arguments are in place, behind TO_G0. It goes back to the
// stack before, and sets X15 to zero again, which the called function does not preserve.
#define CALL_HB(function) \
	ANDQ	$~15, SP; \
	CALL	function; \
	MOVQ	R12, SP; \
	XORPS	X15, X15

// SELF sets the first and the fifth argument: who is calling.
#define SELF \
	MOVQ	g_racectx(R14), DI; \
	MOVQ	g_goid(R14), R8

// IN_ARENAS jumps to `inside` if addr lies in the arenas of the heap.
#define IN_ARENAS(addr, data, inside) \
	CMPQ	addr, runtime·racearenastart(SB); \
	JB	data; \
	CMPQ	addr, runtime·racearenaend(SB); \
	JB	inside

// IN_DATA goes on if addr lies in the data segments, and otherwise jumps to `outside`. Nothing is
// known about other memory, so nothing is checked there.
#define IN_DATA(addr, outside) \
	CMPQ	addr, runtime·racedatastart(SB); \
	JB	outside; \
	CMPQ	addr, runtime·racedataend(SB); \
	JAE	outside

// The shadow word of the 8 bytes around an address (crates/detector/src/shadow.rs) is two cells,
// the latest write below the latest read: a stamp (24 bits) above a mask of bytes (8 bits). A
// goroutine's context has its present stamp in the same place of a word. So, of cell XOR stamp:
// below CELL_STAMP_ONE the stamps agree, and it is the mask.

// HEAP_SHADOW puts the address of the shadow word of the word around AX into DX if AX lies in the
// arenas of the heap, and otherwise jumps to `data`.
#define HEAP_SHADOW(data) \
	MOVQ	AX, DX; \
	ANDQ	$~7, DX; \
	CMPQ	AX, runtime·racearenastart(SB); \
	JB	data; \
	CMPQ	AX, runtime·racearenaend(SB); \
	JAE	data; \
	BTSQ	$HEAP_SHADOW_BIT, DX

// DATA_SHADOW does the same behind HEAP_SHADOW if AX lies in the data segments, and otherwise jumps
// to `outside`: then there is no shadow. Uses R9.
#define DATA_SHADOW(outside) \
	IN_DATA(AX, outside); \
	MOVQ	$DATA_DISTANCE, R9; \
	ADDQ	(R9), DX

// REFERRED puts the address of the record that the shadow word `word` refers to, among those at
// `base`, into R12. Uses R10.
#define REFERRED(word, base) \
	MOVL	word, R12; \
	SHLL	$INDEX_HIGH_SHIFT, R12; \
	MOVQ	word, R10; \
	SHRQ	$INDEX_LOW_SHIFT, R10; \
	ORL	R10, R12; \
	SHLQ	$RECORD_SHIFT, R12; \
	MOVQ	base, R10; \
	ADDQ	R10, R12

// STEPS_HOLD goes on if the steps R10 (crates/detector/src/sets.rs) are of the present recycling
// cycle. Uses R12.
#define STEPS_HOLD(otherwise) \
	MOVQ	$STAMP_CYCLES, R12; \
	MOVL	(R12), R12; \
	CMPL	R12, STEPS_CYCLE(R10); \
	JNE	otherwise

// STEP_PLACE makes the mask R12 the offset of the place of its step from the read cell R9
// (Steps::at in sets.rs).
#define STEP_PLACE \
	SHLL	$STEP_HASH_MASK_SHIFT, R12; \
	XORL	R9, R12; \
	IMULL	$HASH_FACTOR, R12; \
	SHRL	$STEP_HASH_RESULT_SHIFT, R12; \
	SHLL	$STEP_SHIFT, R12

// What hooks of accesses hand to hbread and hbwrite in BX: the size in bytes (0 for a scalar), and
// from the bit WORDS_SHIFT on the number of words. hbread and hbwrite keep two bits of their own
// there: BYTE_BIT is set while an access of a byte with cells of its own is logged, LOGGED once it
// is. The size is one that EVENT_SIZE_MASK holds.
#define BYTE_BIT 15
#define WORDS_SHIFT 16
#define ONE_WORD (1<<WORDS_SHIFT)
#define LOGGED (1<<31)
#define WORDS (LOGGED-ONE_WORD)

// The most frames that record.s logs at once.
#define NODES 64

#include "calls.s"
#include "words.s"
#define READ
#include "record.s"
#undef READ
#include "record.s"
#include "accesses.s"
#define READ
#include "ranges.s"
#undef READ
#include "ranges.s"
#define READ
#include "accesses_pc.s"
#undef READ
#include "accesses_pc.s"
#include "exported.s"
#include "atomics.s"
#include "sync.s"
