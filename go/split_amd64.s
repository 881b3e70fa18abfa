// Recording accesses to words whose bytes have cells of their own (crates/detector/src/split.rs). This text is put behind that of record_amd64.s, whose
// registers it uses.

// SPLIT looks at the cells of the first byte of CX in a split word (crates/detector/src/split.rs); when that is done it is taken out of CX,
// and the word is looked at again for the others. It puts their address into R11, them into AX, the
// write cell into R8 and the read cell into R9.
#define SPLIT \
special: \
	JNE	precise; \
	REFERRED(AX, $SPLITS); \
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
	CMPL	R8, $SPLIT_LOW; \
	JAE	slow; \
	KNOWN(R8, byte_unwritten, slow)

// SPLIT_STORE puts the halves R8 and R13 into the cells, after the access was logged; R9 is the part of the upper one that is no stamp.
#define SPLIT_STORE \
	CMPL	SI, $NO_STAMP; \
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
