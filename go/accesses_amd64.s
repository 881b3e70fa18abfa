// Memory accesses: the hooks that instrumented code and the Go runtime call. This text is put behind that of words_amd64.s.

// SCALAR makes CX and BX what hbread and hbwrite want for a scalar at the byte CX of its word. Uses R8.
#define SCALAR \
	MOVL	$0x10000, BX; \
	MOVL	$1, R8; \
	SHLL	CX, R8; \
	MOVL	R8, CX

// BYTE_CELLS looks at the cells of the byte CX if the word R13 is split; it jumps to `cells` if the word is two cells, and otherwise to `otherwise`.
// The write cell is put into R8, the read cell into R9, and the flags tell (JB) whether the write is of the epoch of the stamp SI. Uses R10
// and R12.
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
	SHRQ	$32, R9; \
	MOVL	R8, R10; \
	XORL	SI, R10; \
	CMPL	R10, $256

// STEP_TO_ITSELF goes on if the step of the read cell R9 and the mask R13 in the epoch of the stamp SI is remembered, and leads to that very cell:
// STEP (record_amd64.s) for what need not be recorded. The last one is looked at first. Uses R8, R10, R12 and R13.
#define STEP_TO_ITSELF(another, same, otherwise) \
	MOVQ	CONTEXT_STEPS(DI), R10; \
	TESTQ	R10, R10; \
	JEQ	otherwise; \
	STEPS_HOLD(otherwise); \
	MOVL	R13, R12; \
	SHLQ	$32, R13; \
	ORQ	R9, R13; \
	CMPQ	R13, STEPS_LAST(R10); \
	JNE	another; \
	CMPL	SI, STEPS_LAST_OWN(R10); \
	JEQ	same; \
another: \
	STEP_PLACE; \
	CMPQ	R13, STEP_FROM(R10)(R12*1); \
	JNE	otherwise; \
	MOVL	SI, R8; \
	SHLQ	$32, R8; \
	ORQ	R9, R8; \
	CMPQ	R8, STEP_TO(R10)(R12*1); \
	JNE	otherwise; \
	MOVQ	R13, STEPS_LAST(R10); \
	MOVL	SI, STEPS_LAST_OWN(R10); \
same:

// func raceread(addr uintptr)
// Which of the cells has it is as good as random in some programs (one that sorts, say), so no branch hangs on it.
TEXT	runtime·raceread<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	PCALIGN	$64
	SHADOW(outside)
	MOVL	4(DX), DI
	MOVL	(DX), R8
	MOVQ	g_racectx(R14), SI
	MOVL	CONTEXT_STAMP(SI), SI
	XORL	R9, R9
	MOVL	AX, CX
	ANDL	$7, CX
	XORL	SI, DI
	XORL	SI, R8
	CMPL	DI, $256
	CMOVLCC	R9, DI
	CMPL	R8, $256
	CMOVLCC	R9, R8
	ORL	DI, R8
	BTL	CX, R8
	JCC	slow
outside:
	RET
slow:
	MOVQ	g_racectx(R14), DI
	MOVQ	(DX), R13
	BYTE_CELLS(step, unread)
	JB	outside
	MOVL	R9, R10
	XORL	SI, R10
	CMPL	R10, $256
	JB	outside
	CMPL	R9, $256
	JB	unread
	ORL	$255, R9
	MOVL	$255, R13
	STEP_TO_ITSELF(another_byte, same_byte, unread)
	RET
step:
	MOVL	4(DX), R9
	XORL	R13, R13
	BTSL	CX, R13
	STEP_TO_ITSELF(another, same, unread)
	RET
unread:
	SCALAR
	MOVQ	(SP), R11
	JMP	hbread<>(SB)
	SHADOW_DATA(outside)

// func racewrite(addr uintptr)
TEXT	runtime·racewrite<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	PCALIGN	$64
	SHADOW(outside)
	MOVL	(DX), R8
	MOVQ	g_racectx(R14), SI
	XORL	CONTEXT_STAMP(SI), R8
	MOVL	AX, CX
	ANDL	$7, CX
	CMPL	R8, $256
	JAE	slow
	BTL	CX, R8
	JCC	slow
outside:
	RET
slow:
	MOVQ	(DX), R13
	MOVL	CONTEXT_STAMP(SI), SI
	BYTE_CELLS(unsplit, unsplit)
	JB	outside
unsplit:
	SCALAR
	MOVQ	(SP), R11
	JMP	hbwrite<>(SB)
	SHADOW_DATA(outside)

// Ranges of whole words, and ranges within one word, are looked at here; the others, word by word, by hbread and hbwrite.

// RANGE puts the shadow address of the first word into DX and the stamp into SI, and jumps to `words` for a range of whole words;
// otherwise it puts the mask of a range within one word into CX, or jumps to `pieces` with the part of its first word in CX.
#define RANGE \
	TESTQ	BX, BX; \
	JEQ	outside; \
	SHADOW(outside); \
	MOVQ	g_racectx(R14), SI; \
	MOVL	CONTEXT_STAMP(SI), SI; \
	MOVQ	AX, CX; \
	ORQ	BX, CX; \
	TESTQ	$7, CX; \
	JEQ	words; \
	MOVQ	AX, CX; \
	ANDL	$7, CX; \
	LEAQ	(CX)(BX*1), R9; \
	CMPQ	R9, $8; \
	JHI	pieces; \
	MOVL	$1, R8; \
	MOVQ	CX, R9; \
	MOVQ	BX, CX; \
	SHLL	CX, R8; \
	DECL	R8; \
	MOVQ	R9, CX; \
	SHLL	CX, R8; \
	MOVL	R8, CX

// Long ranges are looked at eight words at a time: R8 is where, R9 the end, SI the half that says it all. EIGHT_WORDS sets
// them, and jumps to `word` for less;
// LOAD_WORDS compares both halves of eight words; EITHER_HALF makes one half do for both; ALL_WORDS goes on while the low
// halves of all eight agree and eight more are left, and then on to the rest, or jumps to `many`.
#define EIGHT_WORDS \
	LEAQ	(DX)(BX*1), R9; \
	MOVQ	DX, R8; \
	ORL	$255, SI; \
	CMPQ	BX, $64; \
	JB	word; \
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

// RANGE_SLOW hands ranges in pieces and what is not known of whole words (`many`) to hbread or hbwrite, and the longest to the runtime.
#define RANGE_SLOW(body, function) \
pieces: \
	CMPQ	BX, $EVENT_SIZE_MASK; \
	JHI	slow; \
	ADDL	$7, R9; \
	ANDL	$~7, R9; \
	SHLL	$13, R9; \
	ORL	R9, BX; \
	MOVL	$0xff, R8; \
	SHLL	CX, R8; \
	MOVBLZX	R8, CX; \
	JMP	body; \
many: \
	CMPQ	BX, $EVENT_SIZE_MASK; \
	JHI	slow; \
	MOVL	BX, CX; \
	SHLL	$13, CX; \
	ORL	CX, BX; \
	MOVL	$0xff, CX; \
	JMP	body; \
slow: \
	MOVQ	AX, SI; \
	MOVQ	BX, DX; \
	MOVQ	R11, CX; \
	LEAQ	function, R11; \
	JMP	hbslow<>(SB)

// func racereadrange(addr, size uintptr)
TEXT	runtime·racereadrange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	(SP), R11
	JMP	hbreadrange<>(SB)

// hbreadrange takes the pc in R11.
TEXT	hbreadrange<>(SB), NOSPLIT|NOFRAME, $0-0
	RANGE
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
	RANGE_SLOW(hbread<>(SB), tsan_hb_read_range)
	SHADOW_DATA(outside)

// func racewriterange(addr, size uintptr)
TEXT	runtime·racewriterange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	(SP), R11
	JMP	hbwriterange<>(SB)

// hbwriterange takes the pc in R11.
TEXT	hbwriterange<>(SB), NOSPLIT|NOFRAME, $0-0
	RANGE
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
	RANGE_SLOW(hbwrite<>(SB), tsan_hb_write_range)
	SHADOW_DATA(outside)

// Memory accesses that the Go runtime makes for somebody else. Here pc is a function's first
// address, and the runtime wants one that looks like a return address: one more.

// ACCESS_PC is the whole of such a hook for a scalar. The call from callpc, unless that is 0, stands on the shadow stack
// meanwhile. Its depth of 0 says that it is never stale.
#define ACCESS_PC(body, function) \
	SHADOW(outside); \
	MOVQ	g_racectx(R14), DI; \
	TESTQ	DI, DI; \
	JEQ	outside; \
	LEAQ	1(CX), R11; \
	MOVQ	AX, CX; \
	ANDL	$7, CX; \
	TESTQ	BX, BX; \
	JEQ	unpushed; \
	MOVQ	CONTEXT_TOP(DI), SI; \
	CMPQ	SI, CONTEXT_LIMIT(DI); \
	JEQ	full; \
	MOVQ	BX, (SI); \
	MOVQ	$0, 8(SI); \
	ADDQ	$16, SI; \
	MOVQ	SI, CONTEXT_TOP(DI); \
	SCALAR; \
	CALL	body; \
	MOVQ	g_racectx(R14), DI; \
	SUBQ	$16, CONTEXT_TOP(DI); \
outside: \
	RET; \
unpushed: \
	SCALAR; \
	JMP	body; \
full: \
	MOVQ	AX, SI; \
	MOVQ	BX, DX; \
	MOVQ	R11, CX; \
	LEAQ	function, R11; \
	JMP	hbslow<>(SB); \
	SHADOW_DATA(outside)

// RANGE_PC is the whole of such a hook for a range.
#define RANGE_PC(body) \
	MOVQ	g_racectx(R14), SI; \
	TESTQ	SI, SI; \
	JEQ	nobody; \
	LEAQ	1(CX), R11; \
	JMP	body; \
nobody: \
	RET

// func racereadpc(addr unsafe.Pointer, callpc, pc uintptr)
TEXT	runtime·racereadpc<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	ACCESS_PC(hbread<>(SB), tsan_hb_read_pc)

// func racewritepc(addr unsafe.Pointer, callpc, pc uintptr)
TEXT	runtime·racewritepc<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	ACCESS_PC(hbwrite<>(SB), tsan_hb_write_pc)

// func racereadrangepc1(addr, size, pc uintptr)
TEXT	runtime·racereadrangepc1<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	RANGE_PC(hbreadrange<>(SB))

// func racewriterangepc1(addr, size, pc uintptr)
TEXT	runtime·racewriterangepc1<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	RANGE_PC(hbwriterange<>(SB))

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
