// What hbread and hbwrite (record.s) ask of cells and of records. The registers are those of
// record.s: DI is the context, SI its stamp, CX the mask of the bytes accessed, DX the shadow
// word's address.

// KNOWN jumps to `known`, the next line, or goes on, if the epoch of `cell` comes before what the
// goroutine does now: its own, or one that the runtime has looked up (Context::known: of the same
// lane, and no earlier). Otherwise it jumps to `otherwise`. Uses R10 and R12.
#define KNOWN(cell, known, otherwise) \
	MOVL	cell, R12; \
	SHRL	$CELL_STAMP_SHIFT, R12; \
	MOVQ	$STAMPS, R10; \
	MOVQ	(R10)(R12*8), R12; \
	MOVQ	R12, R10; \
	SHRQ	$ENTRY_LANE_SHIFT, R10; \
	CMPL	R10, CONTEXT_LANE(DI); \
	JEQ	known; \
	ANDL	$KNOWN_MASK, R10; \
	MOVQ	CONTEXT_KNOWN(DI)(R10*8), R10; \
	SUBQ	R12, R10; \
	SHRQ	$ENTRY_LANE_SHIFT, R10; \
	JNE	otherwise

// IF_NOW jumps to `now` if `cell` is of the present stamp. Uses R12.
#define IF_NOW(cell, now) \
	MOVL	cell, R12; \
	XORL	SI, R12; \
	CMPL	R12, $CELL_STAMP_ONE; \
	JB	now

// UNLESS_NOW jumps to `otherwise` if `cell` is not of the present stamp. R12 becomes its mask.
#define UNLESS_NOW(cell, otherwise) \
	MOVL	cell, R12; \
	XORL	SI, R12; \
	CMPL	R12, $CELL_STAMP_ONE; \
	JAE	otherwise

// ALL_BYTES jumps to `yes` if the mask R12 has all bytes of the access. Changes R12.
#define ALL_BYTES(yes) \
	NOTL	R12; \
	TESTL	CX, R12; \
	JEQ	yes

// STEP goes on if the step of the read cell R9 and the mask CX in the epoch of the stamp SI is
// among the steps R10 (crates/detector/src/sets.rs); R12 becomes its place.
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

// Records with full epochs (crates/detector/src/ext.rs). An entry is clock, lane, mask and two bits
// for the kind.

// NOW puts the present epoch into R10, lane above clock. Uses R9.
#define NOW \
	MOVL	CONTEXT_LANE(DI), R10; \
	SHLQ	$ENTRY_LANE_SHIFT, R10; \
	MOVL	CONTEXT_CLOCK(DI), R9; \
	ORQ	R9, R10

// READ_NOW makes R9 the entry of a read of the bytes CX in the epoch R10.
#define READ_NOW \
	MOVL	CX, R9; \
	SHLQ	$ENTRY_MASK_SHIFT, R9; \
	ORQ	R10, R9

// LANE_OF_ENTRY puts the lane of the entry R8 into R9.
#define LANE_OF_ENTRY \
	MOVQ	R8, R9; \
	SHRQ	$ENTRY_LANE_SHIFT, R9; \
	ANDL	$LANE_MASK, R9

// KNOWN_ENTRY does what KNOWN does for the entry R8, whose lane is in R9. Uses both.
#define KNOWN_ENTRY(otherwise) \
	MOVL	R8, R8; \
	SHLQ	$ENTRY_LANE_SHIFT, R9; \
	ORQ	R9, R8; \
	SHRQ	$ENTRY_LANE_SHIFT, R9; \
	ANDL	$KNOWN_MASK, R9; \
	MOVQ	CONTEXT_KNOWN(DI)(R9*8), R9; \
	SUBQ	R8, R9; \
	SHRQ	$ENTRY_LANE_SHIFT, R9; \
	JNE	otherwise

// TAKE takes the lock of the record R12, to which the word read as `word` refers; it jumps to
// `changed` if that is another one by then, and to `busy` if somebody has the lock. R13 becomes the
// lock's version, odd. Uses AX.
#define TAKE(word, changed, busy) \
	MOVL	EXT_LOCK(R12), AX; \
	TESTL	$1, AX; \
	JNE	busy; \
	LEAL	1(AX), R13; \
	LOCK; \
	CMPXCHGL	R13, EXT_LOCK(R12); \
	JNE	busy; \
	CMPQ	word, (DX); \
	JNE	changed

// SAME_EPOCH jumps to `other` unless the nth entry of the record R12 is of the epoch R10. R8
// becomes its mask and, above that, the bits of its kind. Uses R9.
#define SAME_EPOCH(n, other) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	XORQ	R10, R8; \
	MOVQ	R8, R9; \
	SHLQ	$ENTRY_EPOCH_SHIFT, R9; \
	JNE	other; \
	SHRQ	$ENTRY_MASK_SHIFT, R8

// An entry's mask and kind, shifted down: where the bits of the kind are.
#define SHIFTED_WRITES_BIT (ENTRY_WRITES_BIT-ENTRY_MASK_SHIFT)
#define SHIFTED_ATOMIC_BIT (ENTRY_ATOMIC_BIT-ENTRY_MASK_SHIFT)

// SAYS_READ jumps to `hit` if the access R8 of the present epoch says that the bytes CX are read:
// any but an atomic one.
#define SAYS_READ(other, hit) \
	BTL	$SHIFTED_ATOMIC_BIT, R8; \
	JCS	other; \
	NOTL	R8; \
	TESTL	CX, R8; \
	JEQ	hit

// SAYS_WRITE does so for a write: only a plain write says it.
#define SAYS_WRITE(other, hit) \
	MOVL	R8, R9; \
	SHRL	$SHIFTED_WRITES_BIT, R9; \
	CMPL	R9, $1; \
	JNE	other; \
	NOTL	R8; \
	TESTL	CX, R8; \
	JEQ	hit

// OWN_READ looks at the nth entry of the record R12 for a read to come. If it is the goroutine's
// plain read of the same bytes, its address becomes R11 and it becomes AX. It jumps to `write` with
// the lane in R9 if it writes, otherwise to `other`.
#define OWN_READ(n, write, other) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	LANE_OF_ENTRY; \
	BTQ	$ENTRY_WRITES_BIT, R8; \
	JCS	write; \
	CMPL	R9, CONTEXT_LANE(DI); \
	JNE	other; \
	BTQ	$ENTRY_ATOMIC_BIT, R8; \
	JCS	other; \
	MOVQ	R8, R9; \
	SHRQ	$ENTRY_MASK_SHIFT, R9; \
	NOTL	CX; \
	TESTL	CX, R9; \
	NOTL	CX; \
	JNE	other; \
	MOVQ	R8, AX; \
	LEAQ	(EXT_ACCESSES+n*8)(R12), R11; \
	JMP	other

// COMES_BEFORE goes on if the entry R8, of the lane R9, comes before what the goroutine does now;
// it jumps to `own` if it is the goroutine's.
#define COMES_BEFORE(own, otherwise) \
	CMPL	R9, CONTEXT_LANE(DI); \
	JEQ	own; \
	KNOWN_ENTRY(otherwise)

// WRITE_KNOWN jumps to `other`, or goes on, if the nth entry of the record R12, a write or none,
// comes before what the goroutine does now.
#define WRITE_KNOWN(n, other, otherwise) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	TESTQ	R8, R8; \
	JEQ	other; \
	LANE_OF_ENTRY; \
	COMES_BEFORE(other, otherwise)

// OTHERS_KNOWN looks at the nth entry of the record R12 for a write to come. It jumps to `own` if
// the entry is the goroutine's, with its mask and kind in AX; otherwise to `other` if it conflicts
// with nothing or comes before.
#define OTHERS_KNOWN(n, own, other, otherwise) \
	MOVQ	(EXT_ACCESSES+n*8)(R12), R8; \
	MOVQ	R8, AX; \
	SHRQ	$ENTRY_MASK_SHIFT, AX; \
	LANE_OF_ENTRY; \
	CMPL	R9, CONTEXT_LANE(DI); \
	JEQ	own; \
	TESTL	CX, AX; \
	JEQ	other; \
	KNOWN_ENTRY(otherwise); \
	JMP	other

// OWN_WRITE makes SI the address of the nth entry if that, of mask and kind AX, is a plain write of
// just the bytes CX.
#define OWN_WRITE(n, other) \
	MOVL	CX, R9; \
	NOTL	R9; \
	ANDL	$((1<<SHIFTED_ATOMIC_BIT)+(1<<SHIFTED_WRITES_BIT)+CELL_MASK), R9; \
	XORL	$(1<<SHIFTED_WRITES_BIT), R9; \
	TESTL	R9, AX; \
	JNE	other; \
	BTL	$SHIFTED_WRITES_BIT, AX; \
	JCC	other; \
	LEAQ	(EXT_ACCESSES+n*8)(R12), SI
