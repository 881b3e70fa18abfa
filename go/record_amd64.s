// Recording accesses: what the hooks of accesses_amd64.s could not decide. This text is put behind that of race_amd64.s.

// What the fast paths know of the runtime's data: a goroutine's context, a chunk of its history, a precise record.
#define CONTEXT_LANE 4
#define CONTEXT_CLOCK 40
#define CONTEXT_USED 44
#define NO_STAMP $0xfffffe00
#define CONTEXT_CHUNK 64
#define CONTEXT_CELL 72
#define CONTEXT_KNOWN 160
#define CONTEXT_GENERATION 80
#define CONTEXT_HISTORY_CLOCK 84
#define CONTEXT_SHARD 92
#define CONTEXT_PC 112
#define CONTEXT_STEPS 120
// A goroutine's steps between sets of reads (crates/detector/src/sets.rs), and the number of the recycling cycle.
#define STEPS_CREDIT 4
#define STEP_FROM 16
#define STEP_MASK 20
#define STEP_TO 24
#define STEP_OWN 28
#define CYCLES $0x1000000028c0
#define CHUNK_COUNT 16
#define CHUNK_CAPACITY 20
#define CHUNK_EVENTS 32
// The most frames that are logged here at once.
#define NODES $64
#define EXTS $0x138000000000
#define SPLITS $0x150000000000
#define SPLIT_TAG $0xfffffd
// The lower halves of words with that tag.
#define SPLIT_LOW $0xfffffd00
#define SPLIT_END $0xfffffe00
#define FROZEN $0xfffffd00
// Set in the upper cell of a word if that is a write, too.
#define OTHER $31
#define BYTE $15
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
#define TOUCHED $0x11efa0000000
#define SHADOW_PAGE_SHIFT 9
// That of a group of pages, for which there is memory, lies here.
#define GROUPS $0x122fbe800000
#define SHADOW_GROUP_SHIFT 15

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
	MOVQ	STAMPS, R10; \
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

// STEP finds the step of the read cell R9 and the mask CX in the epoch of the stamp SI, among the steps R10; it puts the place into R12.
#define STEP(none) \
	TESTL	R9, R9; \
	JEQ	none; \
	MOVQ	CYCLES, R12; \
	MOVL	(R12), R12; \
	CMPL	R12, (R10); \
	JNE	none; \
	MOVL	CX, R12; \
	SHLL	$17, R12; \
	XORL	R9, R12; \
	IMULL	$0x9e3779b1, R12; \
	SHRL	$26, R12; \
	SHLL	$4, R12; \
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
	CMPL	R12, SPLIT_TAG; \
	JAE	special

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
	JNE	touched; \
	MOVQ	DX, R8; \
	SHRQ	$SHADOW_GROUP_SHIFT, R8; \
	MOVQ	GROUPS, R9; \
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

// REFERRED puts the address of the 64-byte record that the word AX refers to, among those at base, into R12. Uses R10.
#define REFERRED(base) \
	MOVL	AX, R12; \
	SHLL	$24, R12; \
	MOVQ	AX, R10; \
	SHRQ	$40, R10; \
	ORL	R10, R12; \
	SHLQ	$6, R12; \
	MOVQ	base, R10; \
	ADDQ	R10, R12

// SPLIT looks at the cells of the first byte of CX in a split word (crates/detector/src/split.rs); when that is done it is taken out of CX,
// and the word is looked at again for the others. It puts their address into R11, them into AX, the
// write cell into R8 and the read cell into R9.
#define SPLIT \
special: \
	JNE	precise; \
	REFERRED(SPLITS); \
	BSFL	CX, R10; \
	LEAQ	(R12)(R10*8), R11; \
	MOVQ	(R11), R12; \
	CMPQ	AX, (DX); \
	JNE	word; \
	MOVQ	R12, AX; \
	MOVL	R12, R8; \
	MOVQ	R12, R9; \
	SHRQ	$32, R9; \
	MOVL	R8, R10; \
	XORL	SI, R10; \
	CMPL	R10, $256; \
	JB	byte_next

// SPLIT_WRITTEN goes on if the byte's write comes before.
#define SPLIT_WRITTEN \
	CMPL	R8, $256; \
	JB	byte_unwritten; \
	CMPL	R8, FROZEN; \
	JAE	slow; \
	KNOWN(R8, byte_unwritten, slow)

// SPLIT_STORE puts the halves R8 and R13 into the cells, after the access was logged; R9 is the part of the upper one that is no stamp.
#define SPLIT_STORE \
	CMPL	SI, NO_STAMP; \
	JEQ	take; \
	ORL	R9, R13; \
	SHLQ	$32, R13; \
	ORQ	R8, R13; \
	TESTL	BX, BX; \
	JPL	log_byte; \
byte_store: \
	LOCK; \
	CMPXCHGQ	R13, (R11); \
	JNE	word; \
byte_next: \
	LEAL	-1(CX), R10; \
	ANDL	R10, CX; \
	JNE	word; \
	JMP	next; \
log_byte: \
	MOVQ	R11, CONTEXT_CELL(DI); \
	BTSL	BYTE, BX; \
	JMP	touched; \
byte_logged: \
	MOVQ	CONTEXT_CELL(DI), R11; \
	JMP	byte_store

// A read cell is a step's when all its bytes are set.
#define SPLIT_READ \
	SPLIT; \
	MOVL	R9, R10; \
	XORL	SI, R10; \
	CMPL	R10, $256; \
	JB	byte_next; \
	MOVL	CX, R13; \
	CMPL	R9, $256; \
	JB	byte_stepless; \
	MOVQ	CONTEXT_STEPS(DI), R10; \
	TESTQ	R10, R10; \
	JEQ	byte_stepless; \
	ORL	$255, R9; \
	MOVL	$255, CX; \
	STEP(byte_stepless); \
	MOVL	R13, CX; \
	MOVL	STEP_TO(R12), R13; \
	CMPL	R13, R9; \
	JEQ	byte_next; \
	INCL	STEPS_CREDIT(R10); \
	ANDL	$~255, R13; \
	JMP	byte_read; \
byte_stepless: \
	MOVL	R13, CX; \
	MOVL	SI, R13; \
	CMPL	R9, $256; \
	JB	byte_read; \
	KNOWN(R9, byte_read, slow); \
	SPLIT_WRITTEN; \
	MOVQ	AX, R9; \
	SHRQ	$32, R9; \
	ANDL	$255, R9; \
	SPLIT_STORE;

#define SPLIT_WRITE \
	SPLIT; \
	SPLIT_WRITTEN; \
	CMPL	R9, $256; \
	JB	byte_unread; \
	KNOWN(R9, byte_unread, slow); \
	XORL	R13, R13; \
	ANDL	$255, R9; \
	ANDL	$255, R8; \
	ORL	SI, R8; \
	SPLIT_STORE;

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
	REFERRED(EXTS); \
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

// KNOWN_ENTRY does what KNOWN does for the record's entry R8, whose lane is in R9. Uses both.
#define KNOWN_ENTRY(otherwise) \
	MOVL	R8, R8; \
	SHLQ	$32, R9; \
	ORQ	R9, R8; \
	SHRQ	$32, R9; \
	ANDL	$15, R9; \
	MOVQ	CONTEXT_KNOWN(DI)(R9*8), R9; \
	SUBQ	R8, R9; \
	SHRQ	$32, R9; \
	JNE	otherwise

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
	KNOWN_ENTRY(slow); \
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
// empty slot, but not beyond the end. If it finds that of an earlier epoch, it makes that one of the present, with the record's lock, if no
// write in the record can conflict.
#define TABLE_WRITE(n, other) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	TESTQ	R8, R8; \
	JEQ	other; \
	MOVQ	R8, R9; \
	SHRQ	$32, R9; \
	ANDL	LANE_MASK, R9; \
	CMPL	R9, CONTEXT_LANE(DI); \
	JEQ	other; \
	KNOWN_ENTRY(unlock_table); \
other:

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
	JNE	other_epoch; \
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
	JMP	slow; \
other_epoch: \
	SHRQ	$32, R13; \
	MOVL	CX, R12; \
	SHLL	$22, R12; \
	CMPL	R13, R12; \
	JNE	more_table; \
	XORL	R13, R13; \
	TESTL	BX, BX; \
	JPL	touched; \
	LEAQ	(R8)(R11*8), R11; \
	REFERRED(EXTS); \
	MOVQ	AX, R9; \
	MOVL	(R12), AX; \
	TESTL	$1, AX; \
	JNE	slow; \
	LEAL	1(AX), R13; \
	LOCK; \
	CMPXCHGL	R13, (R12); \
	JNE	slow; \
	CMPQ	R9, (DX); \
	JNE	unlock_table; \
	CMPB	EXT_CLASS(R12), $0; \
	JEQ	unlock_table; \
	MOVL	EXT_LIST(R12), R9; \
	SHLQ	$5, R9; \
	MOVQ	BLOCKS, R10; \
	ADDQ	R10, R9; \
	CMPQ	R8, R9; \
	JNE	unlock_table; \
	MOVQ	(R8), AX; \
	SHRQ	$60, AX; \
	TESTL	$10, AX; \
	JNE	unlock_table; \
	MOVL	CONTEXT_LANE(DI), R10; \
	SHLQ	$32, R10; \
	MOVL	CONTEXT_CLOCK(DI), R9; \
	ORQ	R9, R10; \
	MOVQ	(R11), AX; \
	XORQ	R10, AX; \
	SHRQ	$32, AX; \
	MOVL	CX, R9; \
	SHLL	$22, R9; \
	CMPL	AX, R9; \
	JNE	unlock_table; \
	TABLE_WRITE(0, written0); \
	TABLE_WRITE(1, written1); \
	TABLE_WRITE(2, written2); \
	TABLE_WRITE(3, written3); \
	MOVL	CX, R9; \
	SHLQ	$54, R9; \
	ORQ	R10, R9; \
	MOVQ	R9, (R11); \
	INCL	R13; \
	MOVL	R13, (R12); \
	JMP	next; \
unlock_table: \
	DECL	R13; \
	MOVL	R13, (R12); \
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
	KNOWN_ENTRY(unlock); \
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

// SLOW hands over to the runtime: the access is a scalar or a range, of which the words that are left go there.
#define SLOW(scalar, range) \
slow: \
	MOVL	BX, R8; \
	ANDL	$0x7fff0000, R8; \
	ANDL	$0x3fff, BX; \
	JNE	ranged; \
	MOVQ	R15, SI; \
	MOVQ	CONTEXT_PC(DI), DX; \
	LEAQ	scalar, R11; \
	JMP	hbslow<>(SB); \
ranged: \
	LEAQ	(R15)(BX*1), DX; \
	SHRL	$13, R8; \
	LEAQ	7(DX), SI; \
	ANDQ	$~7, SI; \
	SUBQ	R8, SI; \
	CMPQ	SI, R15; \
	CMOVQCS	R15, SI; \
	SUBQ	SI, DX; \
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
	TESTL	R9, R9
	JMI	slow
	JMP	writes_known
not_written:
	TESTL	R9, R9
	JMI	slow
	MOVQ	CONTEXT_STEPS(DI), R10
	TESTQ	R10, R10
	JNE	steps
no_step:
	TESTL	CX, R8
	JEQ	writes_known
	KNOWN(R8, writes_known, slow)
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
	KNOWN(R9, new, slow)
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
	SPLIT_READ
	PRECISE(FITS_READ, AGAIN)
	TABLE
own_stack:
	RET
// A read cell that this goroutine has met before: the step from there leads to itself if the set has the read already.
steps:
	STEP(no_step)
	MOVL	STEP_TO(R12), R13
	CMPL	R13, R9
	JEQ	next
	INCL	STEPS_CREDIT(R10)
	TESTL	CX, R8
	JEQ	whole
	KNOWN(R8, step_known, slow)
	JMP	whole
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
	JMI	writes
	MOVL	R9, R12
	XORL	SI, R12
	CMPL	R12, $256
	JB	reads_known
	KNOWN(R9, reads_known, slow)
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
	JNE	beside
	KNOWN(R8, new, slow)
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
	SPLIT_WRITE
	PRECISE(FITS_WRITE, AGAIN_WRITE)
own_stack:
	RET
// Bytes of the latest write are left: it becomes the other one, if there are no reads to keep.
beside:
	TESTQ	R13, R13
	JNE	slow
	MOVL	R12, R13
	TESTL	CX, R8
	JEQ	apart
	KNOWN(R8, apart, slow)
	BTSL	OTHER, R13
	SHLQ	$32, R13
	MOVL	SI, R12
	ORL	CX, R12
	ORQ	R12, R13
	JMP	whole
// The upper cell is a write, too. What is left of both must fit there.
writes:
	BTRL	OTHER, R9
	TESTL	CX, R9
	JEQ	other_apart
	KNOWN(R9, other_apart, slow)
	MOVL	CX, R12
	NOTL	R12
	ANDL	R12, R9
	MOVL	R8, R13
	XORL	SI, R13
	CMPL	R13, $256
	JB	longer
	TESTL	CX, R8
	JEQ	write_apart
	KNOWN(R8, write_apart, slow)
	MOVL	SI, R13
	ORL	CX, R13
	MOVL	CX, R12
	NOTL	R12
	ANDL	R12, R8
	TESTL	$0xff, R8
	JEQ	both
	TESTL	$0xff, R9
	JNE	slow
	MOVL	R8, R9
	JMP	both
longer:
	MOVL	R8, R13
	ORL	CX, R13
both:
	TESTL	$0xff, R9
	JEQ	whole
	BTSL	OTHER, R9
	SHLQ	$32, R9
	ORQ	R9, R13
	JMP	whole
	SLOW(tsan_hb_write, tsan_hb_write_range)
