// Recording accesses to words with a precise record (crates/detector/src/ext.rs). This text is put behind that of split_amd64.s; it uses the registers of
// record_amd64.s.

// NOW puts the present epoch into R10, lane above clock. Uses R9.
#define NOW \
	MOVL	CONTEXT_LANE(DI), R10; \
	SHLQ	$32, R10; \
	MOVL	CONTEXT_CLOCK(DI), R9; \
	ORQ	R9, R10

// READ_NOW makes R9 the record's entry of a read of the bytes CX in the epoch R10.
#define READ_NOW \
	MOVL	CX, R9; \
	SHLQ	$54, R9; \
	ORQ	R10, R9

// LANE_OF_ENTRY puts the lane of the entry R8 into R9.
#define LANE_OF_ENTRY \
	MOVQ	R8, R9; \
	SHRQ	$32, R9; \
	ANDL	$LANE_MASK, R9

// TAKE takes the lock of the record R12, to which the word read as `word` refers; it jumps to `changed` if that is another one by then. R13 is the
// lock's version, odd. Uses AX.
#define TAKE(word, changed) \
	MOVL	(R12), AX; \
	TESTL	$1, AX; \
	JNE	slow; \
	LEAL	1(AX), R13; \
	LOCK; \
	CMPXCHGL	R13, (R12); \
	JNE	slow; \
	CMPQ	word, (DX); \
	JNE	changed

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
	REFERRED(AX, $EXTS); \
	NOW; \
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
	LANE_OF_ENTRY; \
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
	READ_NOW; \
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
	LANE_OF_ENTRY; \
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
	MOVQ	$BLOCKS, R11; \
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
	REFERRED(AX, $EXTS); \
	MOVQ	AX, R9; \
	TAKE(R9, unlock_table); \
	CMPB	EXT_CLASS(R12), $0; \
	JEQ	unlock_table; \
	MOVL	EXT_LIST(R12), R9; \
	SHLQ	$5, R9; \
	MOVQ	$BLOCKS, R10; \
	ADDQ	R10, R9; \
	CMPQ	R8, R9; \
	JNE	unlock_table; \
	MOVQ	(R8), AX; \
	SHRQ	$60, AX; \
	TESTL	$10, AX; \
	JNE	unlock_table; \
	NOW; \
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
	READ_NOW; \
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
	LANE_OF_ENTRY; \
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
	TAKE(R11, unlock); \
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
