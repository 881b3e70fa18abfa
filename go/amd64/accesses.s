// Accesses of scalars, called by instrumented code, and what hooks of accesses do before they go to
// hbread or hbwrite.
//
// Most accesses were recorded before by the same goroutine in the same epoch, and are decided here,
// on the goroutine's own stack, without a write to memory.

// SCALAR makes CX and BX what hbread and hbwrite want for a scalar at the byte CX of its word. Uses
// R8.
#define SCALAR \
	MOVL	$ONE_WORD, BX; \
	MOVL	$1, R8; \
	SHLL	CX, R8; \
	MOVL	R8, CX

// BYTE_CELLS looks at the cells of the byte CX if the word R13 is split; it jumps to `cells` if the
// word is two cells, and otherwise to `otherwise`. The write cell is put into R8, the read cell
// into R9, and the flags tell (JB) whether the write is of the epoch of the stamp SI. Uses R10 and
// R12.
#define BYTE_CELLS(cells, otherwise) \
	CMPL	R13, $SPLIT_LOW; \
	JB	cells; \
	CMPL	R13, $SPLIT_END; \
	JAE	otherwise; \
	REFERRED(R13, $SPLITS); \
	MOVQ	(R12)(CX*8), R8; \
	CMPQ	R13, (DX); \
	JNE	otherwise; \
	MOVQ	R8, R9; \
	SHRQ	$WORD_READ_SHIFT, R9; \
	MOVL	R8, R10; \
	XORL	SI, R10; \
	CMPL	R10, $CELL_STAMP_ONE

// STEP_BEGIN puts the steps of the context DI into R10, and makes R13 a read cell R9 below a mask
// R13 as a step has them, with the mask in R12. It jumps to `otherwise` if there are no steps that
// hold.
#define STEP_BEGIN(otherwise) \
	MOVQ	CONTEXT_STEPS(DI), R10; \
	TESTQ	R10, R10; \
	JEQ	otherwise; \
	STEPS_HOLD(otherwise); \
	MOVL	R13, R12; \
	SHLQ	$WORD_READ_SHIFT, R13; \
	ORQ	R9, R13

// LAST_STEP jumps to `same` if R13 is the last step that led to the cell itself, in the epoch of
// the stamp SI, and otherwise to `another`.
#define LAST_STEP(another, same) \
	CMPQ	R13, STEPS_LAST(R10); \
	JNE	another; \
	CMPL	SI, STEPS_LAST_OWN(R10); \
	JEQ	same

// STEP_TO_ITSELF goes on if the step R13 is among the steps R10 and leads to the cell R9 itself:
// then it is the last such. Otherwise it jumps to `otherwise`. Uses R8 and R12.
#define STEP_TO_ITSELF(otherwise) \
	STEP_PLACE; \
	CMPQ	R13, STEP_FROM(R10)(R12*1); \
	JNE	otherwise; \
	MOVL	SI, R8; \
	SHLQ	$WORD_READ_SHIFT, R8; \
	ORQ	R9, R8; \
	CMPQ	R8, STEP_TO(R10)(R12*1); \
	JNE	otherwise; \
	MOVQ	R13, STEPS_LAST(R10); \
	MOVL	SI, STEPS_LAST_OWN(R10)

// func raceread(addr uintptr)
// Which of the cells has the read is as good as random in some programs (one that sorts, say), so
// no branch hangs on it.
//
//	AX	addr
//	DX	the shadow word's address
//	CX	the byte of the word
//	SI	the stamp
//	DI R8	the read cell and the write cell, XOR the stamp
TEXT	runtime·raceread<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	PCALIGN	$64
	HEAP_SHADOW(data)
shadow:
	MOVL	(WORD_READ_SHIFT/8)(DX), DI
	MOVL	(DX), R8
	MOVQ	g_racectx(R14), SI
	MOVL	CONTEXT_STAMP(SI), SI
	XORL	R9, R9
	MOVL	AX, CX
	ANDL	$7, CX
	XORL	SI, DI
	XORL	SI, R8
	CMPL	DI, $CELL_STAMP_ONE		// DI = the bytes read in this epoch
	CMOVLCC	R9, DI
	CMPL	R8, $CELL_STAMP_ONE		// R8 = the bytes written in this epoch
	CMOVLCC	R9, R8
	ORL	DI, R8
	BTL	CX, R8				// the byte is one of either
	JCC	slow
outside:
	RET
slow:
	MOVQ	g_racectx(R14), DI
	MOVQ	(DX), R13
	BYTE_CELLS(cells, unread)
	JB	outside				// the byte was written in this epoch
	MOVL	R9, R10
	XORL	SI, R10
	CMPL	R10, $CELL_STAMP_ONE		// or read
	JB	outside
	CMPL	R9, $CELL_STAMP_ONE		// it was never read
	JB	unread
	ORL	$CELL_MASK, R9			// a byte's read is a step's when all bytes are set
	MOVL	$CELL_MASK, R13
	STEP_BEGIN(unread)
	LAST_STEP(another_byte, same_byte)
another_byte:
	STEP_TO_ITSELF(unread)
same_byte:
	RET
cells:
	MOVL	(WORD_READ_SHIFT/8)(DX), R9
	XORL	R13, R13			// R13 = the mask
	BTSL	CX, R13
	STEP_BEGIN(unread)
	LAST_STEP(another, same)
another:
	STEP_TO_ITSELF(unread)
same:
	RET
unread:
	SCALAR
	MOVQ	(SP), R11
	JMP	hbread<>(SB)
data:
	DATA_SHADOW(outside)
	JMP	shadow

// func racewrite(addr uintptr)
//
//	AX	addr
//	DX	the shadow word's address
//	CX	the byte of the word
//	SI	the context; then the stamp
//	R8	the write cell, XOR the stamp
TEXT	runtime·racewrite<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	PCALIGN	$64
	HEAP_SHADOW(data)
shadow:
	MOVL	(DX), R8
	MOVQ	g_racectx(R14), SI
	XORL	CONTEXT_STAMP(SI), R8
	MOVL	AX, CX
	ANDL	$7, CX
	CMPL	R8, $CELL_STAMP_ONE		// written in this epoch
	JAE	slow
	BTL	CX, R8				// and the byte is one of it
	JCC	slow
outside:
	RET
slow:
	MOVQ	(DX), R13
	MOVL	CONTEXT_STAMP(SI), SI
	BYTE_CELLS(unsplit, unsplit)
	JB	outside				// the byte was written in this epoch
unsplit:
	SCALAR
	MOVQ	(SP), R11
	JMP	hbwrite<>(SB)
data:
	DATA_SHADOW(outside)
	JMP	shadow
