// racereadrange (with READ defined) and racewriterange (without): accesses of ranges, called by
// instrumented code.
//
// Ranges of whole words, and ranges within one word, are looked at here; the others, word by word,
// by hbread and hbwrite.

#ifdef READ
// WORDS_SAY compares both halves of the eight words at R8 with X0; X1 to X4 have all bits set where
// they are equal.
#define WORDS_SAY \
	MOVOU	(R8), X1; \
	MOVOU	16(R8), X2; \
	MOVOU	32(R8), X3; \
	MOVOU	48(R8), X4; \
	PCMPEQL	X0, X1; \
	PCMPEQL	X0, X2; \
	PCMPEQL	X0, X3; \
	PCMPEQL	X0, X4

// EITHER_HALF makes one half of the words x do for both. Uses X5.
#define EITHER_HALF(x) \
	PSHUFL	$0xb1, x, X5; \
	POR	X5, x

// func racereadrange(addr, size uintptr)
TEXT	runtime·racereadrange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	(SP), R11
	JMP	hbreadrange<>(SB)
#else
// func racewriterange(addr, size uintptr)
TEXT	runtime·racewriterange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	(SP), R11
	JMP	hbwriterange<>(SB)
#endif

//	AX	the address
//	BX	the size
//	R11	the pc
//	DX	the first shadow word's address
//	SI	the stamp; for whole words, a cell of it with all bytes
//	CX	the mask of a range within one word
// Of ranges of whole words:
//	R8	the next shadow word's address
//	R9	the end
//	R10	where eight words fit for the last time
//	X0	SI, four times
#ifdef READ
TEXT	hbreadrange<>(SB), NOSPLIT|NOFRAME, $0-0
#else
TEXT	hbwriterange<>(SB), NOSPLIT|NOFRAME, $0-0
#endif
	TESTQ	BX, BX				// nothing
	JEQ	outside
	HEAP_SHADOW(data)
shadow:
	MOVQ	g_racectx(R14), SI
	MOVL	CONTEXT_STAMP(SI), SI
	MOVQ	AX, CX				// whole words
	ORQ	BX, CX
	TESTQ	$7, CX
	JEQ	words
	MOVQ	AX, CX				// CX = the byte in the word
	ANDL	$7, CX
	LEAQ	(CX)(BX*1), R9			// R9 = the byte behind the range
	CMPQ	R9, $8				// in another word
	JHI	pieces
	MOVL	$1, R8				// CX = the mask: (1 << size) - 1 << byte
	MOVQ	CX, R9
	MOVQ	BX, CX
	SHLL	CX, R8
	DECL	R8
	MOVQ	R9, CX
	SHLL	CX, R8
	MOVL	R8, CX
#ifdef READ
	MOVQ	(DX), R8
	MOVQ	R8, DI
	SHRQ	$WORD_READ_SHIFT, DI
	XORL	SI, DI
	XORL	SI, R8
	CMPL	DI, $CELL_STAMP_ONE		// read in this epoch, all of the bytes
	JAE	other
	NOTL	DI
	TESTL	CX, DI
	JEQ	outside
other:
	CMPL	R8, $CELL_STAMP_ONE		// or written
	JAE	one
	NOTL	R8
	TESTL	CX, R8
	JEQ	outside
one:
	ORL	$ONE_WORD, BX
	JMP	hbread<>(SB)
#else
	MOVL	(DX), R8
	XORL	SI, R8
	CMPL	R8, $CELL_STAMP_ONE		// written in this epoch, all of the bytes
	JAE	one
	NOTL	R8
	TESTL	CX, R8
	JEQ	outside
one:
	ORL	$ONE_WORD, BX
	JMP	hbwrite<>(SB)
#endif

words:
	LEAQ	(DX)(BX*1), R9
	MOVQ	DX, R8
	ORL	$CELL_MASK, SI
	CMPQ	BX, $64				// fewer than eight words
	JB	word
	MOVQ	SI, X0
	PSHUFL	$0, X0, X0
	LEAQ	-64(R9), R10
eight:						// do all eight words say the access?
	WORDS_SAY
#ifdef READ
	EITHER_HALF(X1)				// a write says it as well as a read
	EITHER_HALF(X2)
	EITHER_HALF(X3)
	EITHER_HALF(X4)
#endif
	PAND	X2, X1
	PAND	X4, X3
	PAND	X3, X1
	MOVMSKPS	X1, DI
	ANDL	$5, DI				// the low halves: the write cells
	CMPL	DI, $5
	JNE	many
	ADDQ	$64, R8
	CMPQ	R8, R10				// eight more are left
	JLS	eight
	CMPQ	R8, R9				// none is
	JEQ	outside
word:						// does this word say the access?
#ifdef READ
	MOVQ	(R8), DI
	CMPL	DI, SI
	JEQ	next
	SHRQ	$WORD_READ_SHIFT, DI
	CMPL	DI, SI
	JNE	many
#else
	CMPL	SI, (R8)
	JNE	many
#endif
next:
	ADDQ	$8, R8
	CMPQ	R8, R9
	JNE	word
outside:
	RET

pieces:						// a range in pieces: CX is the byte, R9 the one behind the range
	CMPQ	BX, $EVENT_SIZE_MASK
	JHI	slow
	ADDL	$7, R9				// BX = the number of words and the size
	ANDL	$~7, R9
	SHLL	$(WORDS_SHIFT-3), R9
	ORL	R9, BX
	MOVL	$CELL_MASK, R8			// CX = the mask of the first word
	SHLL	CX, R8
	MOVBLZX	R8, CX
#ifdef READ
	JMP	hbread<>(SB)
#else
	JMP	hbwrite<>(SB)
#endif
many:						// whole words, some of which say no access
	CMPQ	BX, $EVENT_SIZE_MASK
	JHI	slow
	MOVL	BX, CX				// BX = the number of words and the size
	SHLL	$(WORDS_SHIFT-3), CX
	ORL	CX, BX
	MOVL	$CELL_MASK, CX
#ifdef READ
	JMP	hbread<>(SB)
#else
	JMP	hbwrite<>(SB)
#endif
slow:						// more bytes than an event of the history can say
	MOVQ	AX, SI
	MOVQ	BX, DX
	MOVQ	R11, CX
#ifdef READ
	// void __tsan_hb_read_range(Context *, addr, size, pc, goid)
	LEAQ	tsan_hb_read_range, R11
#else
	// void __tsan_hb_write_range(Context *, addr, size, pc, goid)
	LEAQ	tsan_hb_write_range, R11
#endif
	JMP	hbslow<>(SB)
data:
	DATA_SHADOW(outside)
	JMP	shadow
