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

#define STATE $0x100000000000
#define CONTEXT_STAMP 0
#define CONTEXT_TOP 8
#define CONTEXT_LIMIT 16
#define CONTEXT_BASE 24

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
	MOVQ	STATE, R9; \
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

// What the fast paths know of the runtime's data: a goroutine's context, a chunk of its history, a precise record.
#define CONTEXT_LANE 4
#define CONTEXT_CLOCK 40
#define CONTEXT_USED 44
#define NO_STAMP $0xfffffe00
#define CONTEXT_CHUNK 64
#define CONTEXT_SEEN 72
#define CONTEXT_GENERATION 80
#define CONTEXT_HISTORY_CLOCK 84
#define CONTEXT_SHARD 92
#define CONTEXT_PC 112
#define CHUNK_COUNT 16
#define CHUNK_CAPACITY 20
#define CHUNK_EVENTS 32
#define EXTS $0x138000000000
#define EXT_LIST 4
#define EXT_CLASS 10
#define EXT_ACCESSES 32
#define LANE_MASK $0x3fffff
#define STAMPS $0x140000000000
#define BLOCKS $0x13c000000000
// Free stamps: a batch for each shard, with a lock, the first stamp and a bit for each that is free.
#define BATCHES $0x1000000024c0
#define BATCH_SHIFT 6
#define BATCH_MASK 15
#define BATCH_BASE 4
#define BATCH_FREE 8
// The flag of a heap page lies here, at the page number of its shadow.
#define TOUCHED $0x11ffdf400000
#define SHADOW_PAGE_SHIFT 16

// hbread and hbwrite record an access that the checks below could not decide: in the common cases, where the words were last
// accessed by the same goroutine, or by one that is known to come before, or never. All else goes to the runtime.
//
// AX is the address, DX the shadow word's address, BX the number of words (bits 16..31) and the size in bytes (bits 0..14,
// 0 for a scalar), CX the mask of bytes in each word, R11 the pc. Bit 31 of BX is set when the access
// stands in the history. R15 keeps the address, DI the context, SI the stamp; AX is the word as it was read, R8 its
// write cell, R9 its read cell, R13 what it will be.

// What lies on the stack of the running goroutine is nobody else's: nothing there is recorded. That matters for the threads' g0
// stacks, which lie in the heap where nothing is linked that makes threads of its own: timers run there, with a context each.

// KNOWN goes on if the epoch of `cell` comes before what the goroutine does now: its own, or the one that the runtime looked up last.
// Otherwise it jumps to `slow`. Uses R10 and R12.
#define KNOWN(cell, known) \
	MOVL	cell, R12; \
	SHRL	$8, R12; \
	MOVQ	STAMPS, R10; \
	MOVQ	(R10)(R12*8), R12; \
	MOVQ	R12, R10; \
	SHRQ	$32, R10; \
	CMPL	R10, CONTEXT_LANE(DI); \
	JEQ	known; \
	CMPL	R10, (CONTEXT_SEEN+4)(DI); \
	JNE	slow; \
	CMPL	R12, CONTEXT_SEEN(DI); \
	JHI	slow; \
known:

// BEGIN_WORD reads the word and takes it apart.
#define BEGIN_WORD \
	MOVQ	(DX), AX; \
	MOVQ	AX, R9; \
	SHRQ	$32, R9; \
	MOVL	AX, R8; \
	MOVL	R8, R12; \
	SHRL	$8, R12; \
	CMPL	R12, $0xffffff; \
	JEQ	precise

// RECORD stores the word R13, after the access was logged, and goes on with the next word. `kind` sets the event's kind in R11.
#define RECORD(kind) \
	CMPL	SI, NO_STAMP; \
	JEQ	take; \
	TESTQ	AX, AX; \
	JNE	touched; \
	BTQ	$45, DX; \
	JCC	slow; \
	MOVQ	DX, R12; \
	SHRQ	$SHADOW_PAGE_SHIFT, R12; \
	MOVQ	TOUCHED, R10; \
	CMPB	(R10)(R12*1), $0; \
	JEQ	slow; \
touched: \
	TESTL	BX, BX; \
	JMI	store; \
	MOVQ	CONTEXT_TOP(DI), R10; \
	CMPQ	R10, CONTEXT_BASE(DI); \
	JEQ	slow; \
	MOVQ	(g_stack+stack_hi)(R14), R8; \
	SUBQ	BP, R8; \
	CMPL	-8(R10), R8; \
	JHI	slow; \
	MOVQ	CONTEXT_CHUNK(DI), R8; \
	TESTQ	R8, R8; \
	JEQ	slow; \
	MOVL	CHUNK_COUNT(R8), R9; \
	LEAL	3(R9), R12; \
	CMPL	R12, CHUNK_CAPACITY(R8); \
	JHI	slow; \
	MOVL	-4(R10), R12; \
	MOVL	R12, R11; \
	SHRL	$12, R11; \
	CMPL	R11, CONTEXT_GENERATION(DI); \
	JNE	node; \
log: \
	ANDL	$0xfff, R12; \
	MOVL	CONTEXT_CLOCK(DI), R11; \
	CMPL	R11, CONTEXT_HISTORY_CLOCK(DI); \
	JNE	epoch; \
logged_epoch: \
	MOVL	R9, R10; \
	SHLQ	$4, R10; \
	ADDQ	R8, R10; \
	MOVL	BX, R11; \
	ANDL	$0x3fff, R11; \
	SHLQ	$47, R11; \
	ORQ	R15, R11; \
	kind; \
	MOVQ	R11, CHUNK_EVENTS(R10); \
	SHLQ	$47, R12; \
	ORQ	CONTEXT_PC(DI), R12; \
	MOVQ	R12, (CHUNK_EVENTS+8)(R10); \
	INCL	R9; \
	MOVL	R9, CHUNK_COUNT(R8); \
	ORL	$0x80000000, BX; \
	TESTQ	R13, R13; \
	JEQ	word; \
store: \
	LOCK; \
	CMPXCHGQ	R13, (DX); \
	JNE	word; \
next: \
	ADDQ	$8, DX; \
	SUBL	$0x10000, BX; \
	TESTL	$0x7fff0000, BX; \
	JNE	word; \
	RET

// NODE is a part of RECORD, out of the way: it logs the calling context of the innermost frame, if that of its caller is there,
// and the epoch; and takes a stamp.
#define NODE \
node: \
	LEAQ	-16(R10), R12; \
	CMPQ	R12, CONTEXT_BASE(DI); \
	JEQ	outermost; \
	MOVL	-20(R10), R12; \
	MOVL	R12, R11; \
	SHRL	$12, R11; \
	CMPL	R11, CONTEXT_GENERATION(DI); \
	JNE	slow; \
	ANDL	$0xfff, R12; \
	JMP	parent; \
outermost: \
	XORL	R12, R12; \
parent: \
	MOVL	R9, R11; \
	SHLQ	$4, R11; \
	ADDQ	R8, R11; \
	BTSQ	$63, R12; \
	MOVQ	R12, CHUNK_EVENTS(R11); \
	MOVQ	-16(R10), R12; \
	MOVQ	R12, (CHUNK_EVENTS+8)(R11); \
	MOVL	CONTEXT_GENERATION(DI), R12; \
	SHLL	$12, R12; \
	ORL	R9, R12; \
	MOVL	R12, -4(R10); \
	INCL	R9; \
	JMP	log; \
take: \
	MOVL	CONTEXT_SHARD(DI), R8; \
	ANDL	$BATCH_MASK, R8; \
	SHLQ	$BATCH_SHIFT, R8; \
	MOVQ	BATCHES, R9; \
	ADDQ	R9, R8; \
	MOVL	$1, R9; \
	XCHGL	R9, (R8); \
	TESTL	R9, R9; \
	JNE	slow; \
	MOVQ	BATCH_FREE(R8), R9; \
	TESTQ	R9, R9; \
	JEQ	none; \
	BSFQ	R9, R10; \
	LEAQ	-1(R9), R12; \
	ANDQ	R9, R12; \
	MOVQ	R12, BATCH_FREE(R8); \
	ADDL	BATCH_BASE(R8), R10; \
	MOVL	CONTEXT_LANE(DI), R12; \
	SHLQ	$32, R12; \
	MOVL	CONTEXT_CLOCK(DI), R9; \
	ORQ	R9, R12; \
	MOVQ	STAMPS, R9; \
	MOVQ	R12, (R9)(R10*8); \
	SHLL	$8, R10; \
	MOVL	R10, CONTEXT_STAMP(DI); \
	MOVL	$0, (R8); \
	MOVL	R10, SI; \
	JMP	word; \
none: \
	MOVL	$0, (R8); \
	JMP	slow; \
epoch: \
	MOVL	R11, CONTEXT_HISTORY_CLOCK(DI); \
	MOVB	$1, CONTEXT_USED(DI); \
	MOVL	R9, R10; \
	SHLQ	$4, R10; \
	ADDQ	R8, R10; \
	MOVQ	R11, (CHUNK_EVENTS+8)(R10); \
	MOVQ	$0xa000000000000000, R11; \
	MOVQ	R11, CHUNK_EVENTS(R10); \
	INCL	R9; \
	JMP	logged_epoch

// PRECISE looks for an access of the present epoch in the precise record of a word. `fits` checks the kind, in bits 8 and 9 of R8.
#define PRECISE_AT(n, fits, other) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	XORQ	R10, R8; \
	MOVQ	R8, R9; \
	SHLQ	$10, R9; \
	JNE	other; \
	SHRQ	$54, R8; \
	fits(other); \
	NOTL	R8; \
	TESTL	CX, R8; \
	JEQ	hit; \
other:

#define PRECISE(fits, otherwise) \
precise: \
	MOVL	AX, R12; \
	SHLL	$24, R12; \
	MOVQ	AX, R10; \
	SHRQ	$40, R10; \
	ORL	R10, R12; \
	SHLQ	$6, R12; \
	MOVQ	EXTS, R10; \
	ADDQ	R10, R12; \
	MOVL	CONTEXT_LANE(DI), R10; \
	SHLQ	$32, R10; \
	MOVL	CONTEXT_CLOCK(DI), R9; \
	ORQ	R9, R10; \
	PRECISE_AT(0, fits, other0); \
	PRECISE_AT(1, fits, other1); \
	PRECISE_AT(2, fits, other2); \
	PRECISE_AT(3, fits, other3); \
	otherwise \
hit: \
	CMPQ	AX, (DX); \
	JEQ	next; \
	JMP	word

// AGAIN turns the goroutine's read of an earlier epoch into one of the present, if no write in the record can conflict with it.
// Writers hold the record's lock and leave another version, so if that stays there was none. R12 is the record, R10 the epoch.
#define AGAIN_AT(n, write, other) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	MOVQ	R8, R9; \
	SHRQ	$32, R9; \
	ANDL	LANE_MASK, R9; \
	BTQ	$62, R8; \
	JCS	write; \
	CMPL	R9, CONTEXT_LANE(DI); \
	JNE	other; \
	BTQ	$63, R8; \
	JCS	other; \
	MOVQ	R8, R9; \
	SHRQ	$54, R9; \
	NOTL	CX; \
	TESTL	CX, R9; \
	NOTL	CX; \
	JNE	other; \
	MOVQ	R8, AX; \
	LEAQ	(EXT_ACCESSES+n*8)(R12), R11; \
	JMP	other; \
write: \
	CMPL	R9, CONTEXT_LANE(DI); \
	JEQ	other; \
	CMPL	R9, (CONTEXT_SEEN+4)(DI); \
	JNE	slow; \
	CMPL	R8, CONTEXT_SEEN(DI); \
	JHI	slow; \
other:

#define AGAIN \
	CMPB	EXT_CLASS(R12), $0; \
	JNE	table; \
	XORL	R13, R13; \
	TESTL	BX, BX; \
	JPL	touched; \
	MOVL	(R12), R13; \
	TESTL	$1, R13; \
	JNE	slow; \
	CMPQ	AX, (DX); \
	JNE	word; \
	XORL	R11, R11; \
	AGAIN_AT(0, write0, after0); \
	AGAIN_AT(1, write1, after1); \
	AGAIN_AT(2, write2, after2); \
	AGAIN_AT(3, write3, after3); \
	TESTQ	R11, R11; \
	JEQ	slow; \
	MOVL	CX, R9; \
	SHLQ	$54, R9; \
	ORQ	R10, R9; \
	LOCK; \
	CMPXCHGQ	R9, (R11); \
	JNE	slow; \
	CMPL	R13, (R12); \
	JNE	slow; \
	JMP	next;

// TABLE looks for the read in the table of a record with many (crates/detector/src/readers.rs): from the lane's home to the first
// empty slot, but not beyond the end.
#define TABLE \
table: \
	MOVL	(R12), R13; \
	TESTL	$1, R13; \
	JNE	slow; \
	MOVL	CX, R11; \
	MOVBLZX	EXT_CLASS(R12), CX; \
	SUBL	$3, CX; \
	MOVL	$1, R9; \
	SHLQ	CX, R9; \
	DECQ	R9; \
	MOVL	R11, CX; \
	MOVL	EXT_LIST(R12), R8; \
	CMPL	R13, (R12); \
	JNE	slow; \
	SHLQ	$5, R8; \
	MOVQ	BLOCKS, R11; \
	ADDQ	R11, R8; \
	MOVL	CONTEXT_LANE(DI), R11; \
	IMULL	$0x9e3779b1, R11; \
	SHRL	$8, R11; \
	ANDL	R9, R11; \
	JNE	probe; \
	MOVL	$1, R11; \
probe: \
	MOVQ	(R8)(R11*8), R13; \
	TESTQ	R13, R13; \
	JEQ	slow; \
	XORQ	R10, R13; \
	MOVQ	R13, R12; \
	SHLQ	$10, R12; \
	JNE	more_table; \
	SHRQ	$54, R13; \
	BTL	$9, R13; \
	JCS	more_table; \
	NOTL	R13; \
	TESTL	CX, R13; \
	JEQ	hit; \
more_table: \
	INCL	R11; \
	ANDL	R9, R11; \
	JNE	probe; \
	JMP	slow

// AGAIN_WRITE does the same for a write, with the record's lock, if all conflicting accesses are known.
#define AGAIN_WRITE_AT(n, own, other) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	MOVQ	R8, AX; \
	SHRQ	$54, AX; \
	MOVQ	R8, R9; \
	SHRQ	$32, R9; \
	ANDL	LANE_MASK, R9; \
	CMPL	R9, CONTEXT_LANE(DI); \
	JEQ	own; \
	TESTL	CX, AX; \
	JEQ	other; \
	CMPL	R9, (CONTEXT_SEEN+4)(DI); \
	JNE	unlock; \
	CMPL	R8, CONTEXT_SEEN(DI); \
	JHI	unlock; \
	JMP	other; \
own: \
	MOVL	CX, R9; \
	NOTL	R9; \
	ANDL	$0x3ff, R9; \
	XORL	$0x100, R9; \
	TESTL	R9, AX; \
	JNE	other; \
	BTL	$8, AX; \
	JCC	other; \
	LEAQ	(EXT_ACCESSES+n*8)(R12), SI; \
other:

#define AGAIN_WRITE \
	XORL	R13, R13; \
	TESTL	BX, BX; \
	JPL	touched; \
	MOVQ	AX, R11; \
	MOVL	(R12), AX; \
	TESTL	$1, AX; \
	JNE	slow; \
	LEAL	1(AX), R13; \
	LOCK; \
	CMPXCHGL	R13, (R12); \
	JNE	slow; \
	CMPQ	R11, (DX); \
	JNE	unlock; \
	CMPB	EXT_CLASS(R12), $0; \
	JNE	unlock; \
	XORL	SI, SI; \
	AGAIN_WRITE_AT(0, own0, after0); \
	AGAIN_WRITE_AT(1, own1, after1); \
	AGAIN_WRITE_AT(2, own2, after2); \
	AGAIN_WRITE_AT(3, own3, after3); \
	TESTQ	SI, SI; \
	JEQ	unlock; \
	MOVL	CX, R9; \
	BTSQ	$8, R9; \
	SHLQ	$54, R9; \
	ORQ	R10, R9; \
	MOVQ	R9, (SI); \
	INCL	R13; \
	MOVL	R13, (R12); \
	MOVL	CONTEXT_STAMP(DI), SI; \
	JMP	next; \
unlock: \
	DECL	R13; \
	MOVL	R13, (R12); \
	JMP	slow;

#define FITS_READ(other) \
	BTL	$9, R8; \
	JCS	other

#define FITS_WRITE(other) \
	MOVL	R8, R9; \
	SHRL	$8, R9; \
	CMPL	R9, $1; \
	JNE	other

// SLOW hands over to the runtime: the access is a scalar or a range.
#define SLOW(scalar, range) \
slow: \
	MOVQ	R15, SI; \
	ANDL	$0x7fff, BX; \
	JNE	ranged; \
	MOVQ	CONTEXT_PC(DI), DX; \
	LEAQ	scalar, R11; \
	JMP	hbslow<>(SB); \
ranged: \
	MOVL	BX, DX; \
	MOVQ	CONTEXT_PC(DI), CX; \
	LEAQ	range, R11; \
	JMP	hbslow<>(SB)

#define NO_KIND
#define WRITE_KIND BTSQ $61, R11

TEXT	hbread<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	g_racectx(R14), DI
	MOVQ	AX, R15
	CMPQ	AX, (g_stack+stack_lo)(R14)
	JB	shared
	CMPQ	AX, (g_stack+stack_hi)(R14)
	JB	own_stack
shared:
	MOVQ	R11, CONTEXT_PC(DI)
	MOVL	CONTEXT_STAMP(DI), SI
word:
	BEGIN_WORD
	MOVL	R9, R12
	XORL	SI, R12
	CMPL	R12, $256
	JAE	not_read
	NOTL	R12
	TESTL	CX, R12
	JEQ	next
not_read:
	MOVL	R8, R12
	XORL	SI, R12
	CMPL	R12, $256
	JAE	not_written
	NOTL	R12
	TESTL	CX, R12
	JEQ	next
	JMP	writes_known
not_written:
	TESTL	CX, R8
	JEQ	writes_known
	KNOWN(R8, writes_known)
	TESTL	R9, R9
	JEQ	new
	MOVL	R9, R12
	XORL	SI, R12
	CMPL	R12, $256
	JB	more
	MOVL	CX, R12
	NOTL	R12
	ANDL	R9, R12
	TESTL	$0xff, R12
	JNE	slow
	KNOWN(R9, new)
	MOVL	SI, R13
	ORL	CX, R13
	JMP	whole
more:
	MOVL	R9, R13
	ORL	CX, R13
whole:
	SHLQ	$32, R13
	ORQ	R8, R13
	RECORD(NO_KIND)
	NODE
	PRECISE(FITS_READ, AGAIN)
	TABLE
own_stack:
	RET
	SLOW(tsan_hb_read, tsan_hb_read_range)

TEXT	hbwrite<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	g_racectx(R14), DI
	MOVQ	AX, R15
	CMPQ	AX, (g_stack+stack_lo)(R14)
	JB	shared
	CMPQ	AX, (g_stack+stack_hi)(R14)
	JB	own_stack
shared:
	MOVQ	R11, CONTEXT_PC(DI)
	MOVL	CONTEXT_STAMP(DI), SI
word:
	BEGIN_WORD
	MOVL	R8, R12
	XORL	SI, R12
	CMPL	R12, $256
	JAE	not_written
	NOTL	R12
	TESTL	CX, R12
	JEQ	next
not_written:
	XORL	R13, R13
	TESTL	R9, R9
	JEQ	reads_done
	MOVL	R9, R12
	XORL	SI, R12
	CMPL	R12, $256
	JB	reads_known
	KNOWN(R9, reads_known)
	MOVL	CX, R12
	NOTL	R12
	ANDL	R12, R9
	TESTL	$0xff, R9
	JEQ	reads_done
	MOVL	R9, R13
	SHLQ	$32, R13
reads_done:
	TESTL	R8, R8
	JEQ	new
	MOVL	R8, R12
	XORL	SI, R12
	CMPL	R12, $256
	JB	more
	MOVL	CX, R12
	NOTL	R12
	ANDL	R8, R12
	TESTL	$0xff, R12
	JNE	slow
	KNOWN(R8, new)
	MOVL	SI, R12
	ORL	CX, R12
	ORQ	R12, R13
	JMP	whole
more:
	MOVL	R8, R12
	ORL	CX, R12
	ORQ	R12, R13
whole:
	RECORD(WRITE_KIND)
	NODE
	PRECISE(FITS_WRITE, AGAIN_WRITE)
own_stack:
	RET
	SLOW(tsan_hb_write, tsan_hb_write_range)

// func raceread(addr uintptr)
TEXT	runtime·raceread<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	SHADOW(outside)
	MOVQ	(DX), R8
	MOVQ	g_racectx(R14), SI
	MOVL	CONTEXT_STAMP(SI), SI
	MOVQ	AX, CX
	ANDL	$7, CX
	MOVQ	R8, DI
	SHRQ	$32, DI
	XORL	SI, DI
	XORL	SI, R8
	CMPL	DI, $256
	JAE	other
	BTL	CX, DI
	JCS	outside
other:
	CMPL	R8, $256
	JAE	slow
	BTL	CX, R8
	JCC	slow
outside:
	RET
slow:
	MOVL	$0x10000, BX
	MOVL	$1, R8
	SHLL	CX, R8
	MOVL	R8, CX
	MOVQ	(SP), R11
	JMP	hbread<>(SB)
	SHADOW_DATA(outside)

// func racewrite(addr uintptr)
TEXT	runtime·racewrite<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	SHADOW(outside)
	MOVL	(DX), R8
	MOVQ	g_racectx(R14), SI
	XORL	CONTEXT_STAMP(SI), R8
	MOVQ	AX, CX
	ANDL	$7, CX
	CMPL	R8, $256
	JAE	slow
	BTL	CX, R8
	JCC	slow
outside:
	RET
slow:
	MOVL	$0x10000, BX
	MOVL	$1, R8
	SHLL	CX, R8
	MOVL	R8, CX
	MOVQ	(SP), R11
	JMP	hbwrite<>(SB)
	SHADOW_DATA(outside)

// Ranges of whole words, and ranges within one word, are looked at here; the others by the runtime. The range [AX, AX+BX) is not empty.

// RANGE_MASK jumps to `words` for a range of whole words; otherwise it puts the mask of a range within one word into CX,
// or jumps to `slow`.
#define RANGE_MASK \
	MOVQ	AX, CX; \
	ORQ	BX, CX; \
	TESTQ	$7, CX; \
	JEQ	words; \
	MOVQ	AX, CX; \
	ANDL	$7, CX; \
	LEAQ	(CX)(BX*1), R9; \
	CMPQ	R9, $8; \
	JHI	slow; \
	MOVL	$1, R8; \
	MOVQ	CX, R9; \
	MOVQ	BX, CX; \
	SHLL	CX, R8; \
	DECL	R8; \
	MOVQ	R9, CX; \
	SHLL	CX, R8; \
	MOVL	R8, CX

// Long ranges are looked at eight words at a time: R8 is where, R9 the end, SI the half that says it all. EIGHT_WORDS begins;
// LOAD_WORDS compares both halves of eight words; EITHER_HALF makes one half do for both; ALL_WORDS goes on while the low
// halves of all eight agree and eight more are left, and then on to the rest, or jumps to `many`.
#define EIGHT_WORDS \
	MOVQ	SI, X0; \
	PSHUFL	$0, X0, X0; \
	LEAQ	-64(R9), R10

#define LOAD_WORDS \
	MOVOU	(R8), X1; \
	MOVOU	16(R8), X2; \
	MOVOU	32(R8), X3; \
	MOVOU	48(R8), X4; \
	PCMPEQL	X0, X1; \
	PCMPEQL	X0, X2; \
	PCMPEQL	X0, X3; \
	PCMPEQL	X0, X4

#define EITHER_HALF(x) \
	PSHUFL	$0xb1, x, X5; \
	POR	X5, x

#define ALL_WORDS(again) \
	PAND	X2, X1; \
	PAND	X4, X3; \
	PAND	X3, X1; \
	MOVMSKPS	X1, DI; \
	ANDL	$5, DI; \
	CMPL	DI, $5; \
	JNE	many; \
	ADDQ	$64, R8; \
	CMPQ	R8, R10; \
	JLS	again; \
	CMPQ	R8, R9; \
	JEQ	outside

// LONGEST is the most bytes that hbread and hbwrite take at once.
#define LONGEST $0x3fff

// func racereadrange(addr, size uintptr)
TEXT	runtime·racereadrange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	(SP), R11
	JMP	hbreadrange<>(SB)

// hbreadrange takes the pc in R11.
TEXT	hbreadrange<>(SB), NOSPLIT|NOFRAME, $0-0
	TESTQ	BX, BX
	JEQ	outside
	SHADOW(outside)
	MOVQ	g_racectx(R14), SI
	MOVL	CONTEXT_STAMP(SI), SI
	RANGE_MASK
	MOVQ	(DX), R8
	MOVQ	R8, DI
	SHRQ	$32, DI
	XORL	SI, DI
	XORL	SI, R8
	CMPL	DI, $256
	JAE	other
	NOTL	DI
	TESTL	CX, DI
	JEQ	outside
other:
	CMPL	R8, $256
	JAE	one
	NOTL	R8
	TESTL	CX, R8
	JEQ	outside
one:
	ORL	$0x10000, BX
	JMP	hbread<>(SB)
words:
	LEAQ	(DX)(BX*1), R9
	MOVQ	DX, R8
	ORL	$255, SI
	CMPQ	BX, $64
	JB	word
	EIGHT_WORDS
either:
	LOAD_WORDS
	EITHER_HALF(X1)
	EITHER_HALF(X2)
	EITHER_HALF(X3)
	EITHER_HALF(X4)
	ALL_WORDS(either)
word:
	MOVQ	(R8), DI
	CMPL	DI, SI
	JEQ	next
	SHRQ	$32, DI
	CMPL	DI, SI
	JNE	many
next:
	ADDQ	$8, R8
	CMPQ	R8, R9
	JNE	word
outside:
	RET
many:
	CMPQ	BX, LONGEST
	JHI	slow
	MOVL	BX, CX
	SHLL	$13, CX
	ORL	CX, BX
	MOVL	$0xff, CX
	JMP	hbread<>(SB)
slow:
	MOVQ	AX, SI
	MOVQ	BX, DX
	MOVQ	R11, CX
	LEAQ	tsan_hb_read_range, R11
	JMP	hbslow<>(SB)
	SHADOW_DATA(outside)

// func racewriterange(addr, size uintptr)
TEXT	runtime·racewriterange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	(SP), R11
	JMP	hbwriterange<>(SB)

// hbwriterange takes the pc in R11.
TEXT	hbwriterange<>(SB), NOSPLIT|NOFRAME, $0-0
	TESTQ	BX, BX
	JEQ	outside
	SHADOW(outside)
	MOVQ	g_racectx(R14), SI
	MOVL	CONTEXT_STAMP(SI), SI
	RANGE_MASK
	MOVL	(DX), R8
	XORL	SI, R8
	CMPL	R8, $256
	JAE	one
	NOTL	R8
	TESTL	CX, R8
	JEQ	outside
one:
	ORL	$0x10000, BX
	JMP	hbwrite<>(SB)
words:
	LEAQ	(DX)(BX*1), R9
	MOVQ	DX, R8
	ORL	$255, SI
	CMPQ	BX, $64
	JB	word
	EIGHT_WORDS
writes:
	LOAD_WORDS
	ALL_WORDS(writes)
word:
	CMPL	SI, (R8)
	JNE	many
	ADDQ	$8, R8
	CMPQ	R8, R9
	JNE	word
outside:
	RET
many:
	CMPQ	BX, LONGEST
	JHI	slow
	MOVL	BX, CX
	SHLL	$13, CX
	ORL	CX, BX
	MOVL	$0xff, CX
	JMP	hbwrite<>(SB)
slow:
	MOVQ	AX, SI
	MOVQ	BX, DX
	MOVQ	R11, CX
	LEAQ	tsan_hb_write_range, R11
	JMP	hbslow<>(SB)
	SHADOW_DATA(outside)

// Memory accesses that the Go runtime makes for somebody else. Here pc is a function's first
// address, and the runtime wants one that looks like a return address: one more.

// func racereadpc(addr unsafe.Pointer, callpc, pc uintptr)
// The call from callpc, unless that is 0, stands on the shadow stack meanwhile. Its depth of 0 says that it is never stale.
TEXT	runtime·racereadpc<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	SHADOW(outside)
	MOVQ	g_racectx(R14), DI
	TESTQ	DI, DI
	JEQ	outside
	LEAQ	1(CX), R11
	MOVQ	AX, CX
	ANDL	$7, CX
	MOVL	$1, R8
	SHLL	CX, R8
	MOVL	R8, CX
	TESTQ	BX, BX
	JEQ	unpushed
	MOVQ	CONTEXT_TOP(DI), SI
	CMPQ	SI, CONTEXT_LIMIT(DI)
	JEQ	full
	MOVQ	BX, (SI)
	MOVQ	$0, 8(SI)
	ADDQ	$16, SI
	MOVQ	SI, CONTEXT_TOP(DI)
	MOVL	$0x10000, BX
	CALL	hbread<>(SB)
	MOVQ	g_racectx(R14), DI
	SUBQ	$16, CONTEXT_TOP(DI)
outside:
	RET
unpushed:
	MOVL	$0x10000, BX
	JMP	hbread<>(SB)
full:
	MOVQ	AX, SI
	MOVQ	BX, DX
	MOVQ	R11, CX
	LEAQ	tsan_hb_read_pc, R11
	JMP	hbslow<>(SB)
	SHADOW_DATA(outside)

// func racewritepc(addr unsafe.Pointer, callpc, pc uintptr)
// The call from callpc, unless that is 0, stands on the shadow stack meanwhile. Its depth of 0 says that it is never stale.
TEXT	runtime·racewritepc<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	SHADOW(outside)
	MOVQ	g_racectx(R14), DI
	TESTQ	DI, DI
	JEQ	outside
	LEAQ	1(CX), R11
	MOVQ	AX, CX
	ANDL	$7, CX
	MOVL	$1, R8
	SHLL	CX, R8
	MOVL	R8, CX
	TESTQ	BX, BX
	JEQ	unpushed
	MOVQ	CONTEXT_TOP(DI), SI
	CMPQ	SI, CONTEXT_LIMIT(DI)
	JEQ	full
	MOVQ	BX, (SI)
	MOVQ	$0, 8(SI)
	ADDQ	$16, SI
	MOVQ	SI, CONTEXT_TOP(DI)
	MOVL	$0x10000, BX
	CALL	hbwrite<>(SB)
	MOVQ	g_racectx(R14), DI
	SUBQ	$16, CONTEXT_TOP(DI)
outside:
	RET
unpushed:
	MOVL	$0x10000, BX
	JMP	hbwrite<>(SB)
full:
	MOVQ	AX, SI
	MOVQ	BX, DX
	MOVQ	R11, CX
	LEAQ	tsan_hb_write_pc, R11
	JMP	hbslow<>(SB)
	SHADOW_DATA(outside)

// func racereadrangepc1(addr, size, pc uintptr)
TEXT	runtime·racereadrangepc1<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ	g_racectx(R14), SI
	TESTQ	SI, SI
	JEQ	nobody
	LEAQ	1(CX), R11
	JMP	hbreadrange<>(SB)
nobody:
	RET

// func racewriterangepc1(addr, size, pc uintptr)
TEXT	runtime·racewriterangepc1<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ	g_racectx(R14), SI
	TESTQ	SI, SI
	JEQ	nobody
	LEAQ	1(CX), R11
	JMP	hbwriterange<>(SB)
nobody:
	RET

// The exported functions of package runtime for the same. A jump, so that the hook sees the pc of
// the caller.

TEXT	runtime·RaceRead<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	JMP	runtime·raceread<ABIInternal>(SB)

TEXT	runtime·RaceWrite<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	JMP	runtime·racewrite<ABIInternal>(SB)

TEXT	runtime·RaceReadRange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	JMP	runtime·racereadrange<ABIInternal>(SB)

TEXT	runtime·RaceWriteRange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	JMP	runtime·racewriterange<ABIInternal>(SB)

// Function entry and exit, called by instrumented code: the shadow stack (crates/detector/src/context.rs).

// func racefuncenter(callpc uintptr)
// The closure's context in DX belongs to the function that is being entered: preserved. BP is that function's, so its distance
// from the top of the stack tells how deep it was entered. What lies as deep or deeper was left by a panic.
TEXT	runtime·racefuncenter<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
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

// Atomic operations of sync/atomic. In range, they are performed by the runtime, which takes a Go
// argument block: it is built in the frame. Out of range they order nothing, so they are just
// performed.
//
// The frame of every operation is 32 bytes: the block's largest form is address, old, new, result.

#define ATOMIC_FRAME 32

// hbatomic calls the runtime function in AX for the operation that called it. Stack at entry: the
// pc in the operation, the argument block, the saved frame pointer, the pc in the user's function.
TEXT	hbatomic<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ	(8+ATOMIC_FRAME+8)(SP), SI
	MOVQ	(SP), DX
	LEAQ	8(SP), CX
	LEAQ	(g_stack+stack_lo)(R14), R9
	SELF
	ON_G0(AX)
	RET

// ATOMIC begins an operation on the word at AX: nil faults here, where Go can unwind.
#define ATOMIC(name) \
TEXT	name<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0; \
	NO_LOCAL_POINTERS; \
	TESTB	AX, (AX); \
	IN_RANGE(AX, inside, outside); \
	MOVQ	AX, 0(SP)

#define LOAD(name, move, function) \
	ATOMIC(name); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	8(SP), AX; \
	RET; \
outside: \
	move	(AX), AX; \
	RET

LOAD(sync∕atomic·LoadInt32, MOVL, tsan_hb_atomic32_load)
LOAD(sync∕atomic·LoadUint32, MOVL, tsan_hb_atomic32_load)
LOAD(sync∕atomic·LoadInt64, MOVQ, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadUint64, MOVQ, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadUintptr, MOVQ, tsan_hb_atomic64_load)
LOAD(sync∕atomic·LoadPointer, MOVQ, tsan_hb_atomic64_load)

#define STORE(name, move, exchange, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	RET; \
outside: \
	exchange	BX, (AX); \
	RET

STORE(sync∕atomic·StoreInt32, MOVL, XCHGL, tsan_hb_atomic32_store)
STORE(sync∕atomic·StoreUint32, MOVL, XCHGL, tsan_hb_atomic32_store)
STORE(sync∕atomic·StoreInt64, MOVQ, XCHGQ, tsan_hb_atomic64_store)
STORE(sync∕atomic·StoreUint64, MOVQ, XCHGQ, tsan_hb_atomic64_store)
STORE(sync∕atomic·StoreUintptr, MOVQ, XCHGQ, tsan_hb_atomic64_store)

#define SWAP(name, move, exchange, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	16(SP), AX; \
	RET; \
outside: \
	exchange	BX, (AX); \
	move	BX, AX; \
	RET

SWAP(sync∕atomic·SwapInt32, MOVL, XCHGL, tsan_hb_atomic32_exchange)
SWAP(sync∕atomic·SwapUint32, MOVL, XCHGL, tsan_hb_atomic32_exchange)
SWAP(sync∕atomic·SwapInt64, MOVQ, XCHGQ, tsan_hb_atomic64_exchange)
SWAP(sync∕atomic·SwapUint64, MOVQ, XCHGQ, tsan_hb_atomic64_exchange)
SWAP(sync∕atomic·SwapUintptr, MOVQ, XCHGQ, tsan_hb_atomic64_exchange)

// Go wants the new value, the runtime gives the old one.
#define ADD(name, move, add, xadd, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	16(SP), AX; \
	add	8(SP), AX; \
	RET; \
outside: \
	move	BX, CX; \
	LOCK; \
	xadd	BX, (AX); \
	add	CX, BX; \
	move	BX, AX; \
	RET

ADD(sync∕atomic·AddInt32, MOVL, ADDL, XADDL, tsan_hb_atomic32_fetch_add)
ADD(sync∕atomic·AddUint32, MOVL, ADDL, XADDL, tsan_hb_atomic32_fetch_add)
ADD(sync∕atomic·AddInt64, MOVQ, ADDQ, XADDQ, tsan_hb_atomic64_fetch_add)
ADD(sync∕atomic·AddUint64, MOVQ, ADDQ, XADDQ, tsan_hb_atomic64_fetch_add)
ADD(sync∕atomic·AddUintptr, MOVQ, ADDQ, XADDQ, tsan_hb_atomic64_fetch_add)

#define BITS(name, move, op, cmpxchg, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	move	16(SP), AX; \
	RET; \
outside: \
	MOVQ	AX, DI; \
	move	(DI), AX; \
again: \
	move	AX, CX; \
	op	BX, CX; \
	LOCK; \
	cmpxchg	CX, (DI); \
	JNE	again; \
	RET

BITS(sync∕atomic·AndInt32, MOVL, ANDL, CMPXCHGL, tsan_hb_atomic32_fetch_and)
BITS(sync∕atomic·AndUint32, MOVL, ANDL, CMPXCHGL, tsan_hb_atomic32_fetch_and)
BITS(sync∕atomic·AndInt64, MOVQ, ANDQ, CMPXCHGQ, tsan_hb_atomic64_fetch_and)
BITS(sync∕atomic·AndUint64, MOVQ, ANDQ, CMPXCHGQ, tsan_hb_atomic64_fetch_and)
BITS(sync∕atomic·AndUintptr, MOVQ, ANDQ, CMPXCHGQ, tsan_hb_atomic64_fetch_and)
BITS(sync∕atomic·OrInt32, MOVL, ORL, CMPXCHGL, tsan_hb_atomic32_fetch_or)
BITS(sync∕atomic·OrUint32, MOVL, ORL, CMPXCHGL, tsan_hb_atomic32_fetch_or)
BITS(sync∕atomic·OrInt64, MOVQ, ORQ, CMPXCHGQ, tsan_hb_atomic64_fetch_or)
BITS(sync∕atomic·OrUint64, MOVQ, ORQ, CMPXCHGQ, tsan_hb_atomic64_fetch_or)
BITS(sync∕atomic·OrUintptr, MOVQ, ORQ, CMPXCHGQ, tsan_hb_atomic64_fetch_or)

#define CAS(name, move, new, result, cmpxchg, function) \
	ATOMIC(name); \
	move	BX, 8(SP); \
	move	CX, new(SP); \
	LEAQ	function, AX; \
	CALL	hbatomic<>(SB); \
	MOVBLZX	result(SP), AX; \
	RET; \
outside: \
	MOVQ	AX, DI; \
	move	BX, AX; \
	LOCK; \
	cmpxchg	CX, (DI); \
	SETEQ	AX; \
	RET

CAS(sync∕atomic·CompareAndSwapInt32, MOVL, 12, 16, CMPXCHGL, tsan_hb_atomic32_compare_exchange)
CAS(sync∕atomic·CompareAndSwapUint32, MOVL, 12, 16, CMPXCHGL, tsan_hb_atomic32_compare_exchange)
CAS(sync∕atomic·CompareAndSwapInt64, MOVQ, 16, 24, CMPXCHGQ, tsan_hb_atomic64_compare_exchange)
CAS(sync∕atomic·CompareAndSwapUint64, MOVQ, 16, 24, CMPXCHGQ, tsan_hb_atomic64_compare_exchange)
CAS(sync∕atomic·CompareAndSwapUintptr, MOVQ, 16, 24, CMPXCHGQ, tsan_hb_atomic64_compare_exchange)

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
