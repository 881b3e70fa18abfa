// Recording accesses: what the hooks of accesses_amd64.s could not decide. This text is put behind that of race_amd64.s.

// What the fast paths know of the runtime's data: a goroutine's context, a chunk of its history, a precise record.
// A goroutine's steps between sets of reads (crates/detector/src/sets.rs), and the number of the recycling cycle.
// The most frames that are logged here at once.
#define NODES $64
// The lower halves of words with that tag.
// Set in the upper cell of a word if that is a write, too.
#define BYTE $15
// Free stamps: a batch for each shard, with a lock, the first stamp and a bit for each that is free.
// The flag of a heap page lies here, at the page number of its shadow.
// That of a group of pages, for which there is memory, lies here.

// hbread and hbwrite record an access that the checks below could not decide: in the common cases, where the words were last
// accessed by the same goroutine, or by one that is known to come before, or never. All else goes to the runtime.
//
// AX is the address, DX the shadow word's address, BX the number of words (bits 16..31) and the size in bytes (bits 0..14,
// 0 for a scalar), CX the mask of bytes in the word, R11 the pc. Bit 31 of BX is set when the access
// stands in the history, bit 15 while that of a byte's cells is written, which CONTEXT_CELL points to. R15 keeps the address, DI the context, SI the stamp; AX is the word as it was read, R8 its
// write cell, R9 its read cell, R13 what it will be.

// What lies on the stack of the running goroutine is nobody else's: nothing there is recorded. That matters for the threads' g0
// stacks, which lie in the heap where nothing is linked that makes threads of its own: timers run there, with a context each.

// KNOWN goes on if the epoch of `cell` comes before what the goroutine does now: its own, or one that the runtime has looked up
// (Context::known: of the same lane, and no earlier). Otherwise it jumps to `otherwise`. Uses R10 and R12.
#define KNOWN(cell, known, otherwise) \
	MOVL	cell, R12; \
	SHRL	$8, R12; \
	MOVQ	$STAMPS, R10; \
	MOVQ	(R10)(R12*8), R12; \
	MOVQ	R12, R10; \
	SHRQ	$32, R10; \
	CMPL	R10, CONTEXT_LANE(DI); \
	JEQ	known; \
	ANDL	$15, R10; \
	MOVQ	CONTEXT_KNOWN(DI)(R10*8), R10; \
	SUBQ	R12, R10; \
	SHRQ	$32, R10; \
	JNE	otherwise; \
known:

// STEPS_HOLD goes on if the steps R10 are of the present recycling cycle. Uses R12.
#define STEPS_HOLD(otherwise) \
	MOVQ	$STAMP_CYCLES, R12; \
	MOVL	(R12), R12; \
	CMPL	R12, (R10); \
	JNE	otherwise

// STEP_PLACE makes the mask R12 the offset of the place of its step from the read cell R9 (Steps::at in crates/detector/src/sets.rs).
#define STEP_PLACE \
	SHLL	$17, R12; \
	XORL	R9, R12; \
	IMULL	$0x9e3779b1, R12; \
	SHRL	$26, R12; \
	SHLL	$4, R12

// STEP finds the step of the read cell R9 and the mask CX in the epoch of the stamp SI, among the steps R10; it puts the place into R12.
#define STEP(none) \
	TESTL	R9, R9; \
	JEQ	none; \
	STEPS_HOLD(none); \
	MOVL	CX, R12; \
	STEP_PLACE; \
	ADDQ	R10, R12; \
	CMPL	R9, STEP_FROM(R12); \
	JNE	none; \
	CMPL	CX, STEP_MASK(R12); \
	JNE	none; \
	CMPL	SI, STEP_OWN(R12); \
	JNE	none

// BEGIN_WORD reads the word and takes it apart.
#define BEGIN_WORD \
	MOVQ	(DX), AX; \
	MOVQ	AX, R9; \
	SHRQ	$32, R9; \
	MOVL	AX, R8; \
	MOVL	R8, R12; \
	SHRL	$8, R12; \
	CMPL	R12, $SPLIT_TAG; \
	JAE	special

// RECORD stores the word R13, after the access was logged, and goes on with the next word. `kind` sets the event's kind in R11.
#define RECORD(kind) \
	CMPL	SI, $NO_STAMP; \
	JEQ	take; \
	TESTQ	AX, AX; \
	JNE	touched; \
	BTQ	$45, DX; \
	JCC	slow; \
	MOVQ	DX, R12; \
	SHRQ	$PAGE_SHIFT, R12; \
	MOVQ	$PAGE_FLAGS, R10; \
	CMPB	(R10)(R12*1), $0; \
	JNE	touched; \
	MOVQ	DX, R8; \
	SHRQ	$GROUP_SHIFT, R8; \
	MOVQ	$GROUP_FLAGS, R9; \
	CMPB	(R9)(R8*1), $0; \
	JEQ	slow; \
	MOVB	$1, (R10)(R12*1); \
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
	BTRL	BYTE, BX; \
	JCS	byte_logged; \
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
	JNE	following; \
	RET

// NODE is a part of RECORD, out of the way: it makes the mask of the next word, which has all bytes unless it is the last; it logs the calling
// context of the frames that are not there, from the outermost of them on, and the epoch; and takes a stamp.
#define NODE \
following: \
	MOVL	BX, R12; \
	ANDL	$0x7fff0000, R12; \
	XORL	CX, CX; \
	CMPL	R12, $0x10000; \
	JNE	masked; \
	MOVL	BX, CX; \
	ADDL	R15, CX; \
	NEGL	CX; \
	ANDL	$7, CX; \
masked: \
	MOVL	$0xff, R12; \
	SHRL	CX, R12; \
	MOVL	R12, CX; \
	JMP	word; \
node: \
	SUBQ	$16, R10; \
	CMPQ	R10, CONTEXT_BASE(DI); \
	JEQ	outermost; \
	MOVL	-4(R10), R12; \
	MOVL	R12, R11; \
	SHRL	$12, R11; \
	CMPL	R11, CONTEXT_GENERATION(DI); \
	JNE	node; \
	ANDL	$0xfff, R12; \
	JMP	parent; \
outermost: \
	XORL	R12, R12; \
parent: \
	MOVQ	CONTEXT_TOP(DI), R11; \
	SUBQ	R10, R11; \
	SHRQ	$4, R11; \
	CMPL	R11, NODES; \
	JHI	slow; \
	LEAL	2(R9)(R11*1), R11; \
	CMPL	R11, CHUNK_CAPACITY(R8); \
	JHI	slow; \
frame: \
	MOVL	R9, R11; \
	SHLQ	$4, R11; \
	ADDQ	R8, R11; \
	BTSQ	$63, R12; \
	MOVQ	R12, CHUNK_EVENTS(R11); \
	MOVQ	(R10), R12; \
	MOVQ	R12, (CHUNK_EVENTS+8)(R11); \
	MOVL	CONTEXT_GENERATION(DI), R12; \
	SHLL	$12, R12; \
	ORL	R9, R12; \
	MOVL	R12, 12(R10); \
	MOVL	R9, R12; \
	INCL	R9; \
	ADDQ	$16, R10; \
	CMPQ	R10, CONTEXT_TOP(DI); \
	JNE	frame; \
	JMP	log; \
take: \
	MOVL	CONTEXT_SHARD(DI), R8; \
	ANDL	$BATCH_MASK, R8; \
	SHLQ	$BATCH_SHIFT, R8; \
	MOVQ	$STAMP_BATCHES, R9; \
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
	MOVQ	$STAMPS, R9; \
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

// REFERRED puts the address of the 64-byte record that `word` refers to, among those at base, into R12. Uses R10.
#define REFERRED(word, base) \
	MOVL	word, R12; \
	SHLL	$24, R12; \
	MOVQ	word, R10; \
	SHRQ	$40, R10; \
	ORL	R10, R12; \
	SHLQ	$6, R12; \
	MOVQ	base, R10; \
	ADDQ	R10, R12
