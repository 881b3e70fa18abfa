// hbread and hbwrite: see record_amd64.s. This text is put behind that of precise_amd64.s.

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

// RECORDED goes on with the next word if `cell` has the access, or to `epoch` if it is of another epoch.
#define RECORDED(cell, epoch) \
	MOVL	cell, R12; \
	XORL	SI, R12; \
	CMPL	R12, $256; \
	JAE	epoch; \
	NOTL	R12; \
	TESTL	CX, R12; \
	JEQ	next

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
	RECORDED(R9, not_read)
not_read:
	RECORDED(R8, not_written)
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
	RECORDED(R8, not_written)
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
	BTSL	$CELL_OTHER_BIT, R13
	SHLQ	$32, R13
	MOVL	SI, R12
	ORL	CX, R12
	ORQ	R12, R13
	JMP	whole
// The upper cell is a write, too. What is left of both must fit there.
writes:
	BTRL	$CELL_OTHER_BIT, R9
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
	BTSL	$CELL_OTHER_BIT, R9
	SHLQ	$32, R9
	ORQ	R9, R13
	JMP	whole
	SLOW(tsan_hb_write, tsan_hb_write_range)
