// func NAME(addr *T) T: a load of sync/atomic. See atomics.s for the names used.
//
// A load that has nothing new to tell is performed here, without a lock and on the goroutine's own
// stack: the word's record has a load of the same bytes in the present epoch, and what was released
// there is known. What the record says holds if its version has not changed when the load was made:
// whoever stores takes the record's lock first, so a load that sees the store sees another version.
// The Rust twin is Detector::load_recorded in crates/detector/src/memo.rs.
//
//	AX	addr; then the result
//	DX	the shadow word's address
//	BX	the shadow word
//	DI	the context
//	R8	the precise record
//	R10	its version
//	CX	the byte of the word; then the value
TEXT	NAME<ABIInternal>(SB), NOSPLIT, $ATOMIC_FRAME-0
	NO_LOCAL_POINTERS
	TESTB	AX, (AX)			// nil faults here, where Go can unwind
	HEAP_SHADOW(data)
shadow:
	MOVQ	g_racectx(R14), DI
	TESTQ	DI, DI				// a g without a context: the scheduler's
	JEQ	engine
	MOVQ	(DX), BX
	MOVL	BX, R9
	SHRL	$CELL_STAMP_SHIFT, R9
	CMPL	R9, $PRECISE_TAG		// no precise record
	JNE	engine
	MOVL	BX, R9				// R8 = the record: as REFERRED, in other registers
	MOVQ	BX, R8
	SHLL	$INDEX_HIGH_SHIFT, R9
	SHRQ	$INDEX_LOW_SHIFT, R8
	ORL	R9, R8
	SHLQ	$RECORD_SHIFT, R8
	MOVQ	$EXTS, R9
	ADDQ	R9, R8
	MOVL	EXT_LOCK(R8), R10
	MOVL	AX, CX
	ANDL	$7, CX
	MOVQ	$(BYTES<<ENTRY_MASK_SHIFT), R11	// R11 = an atomic load of these bytes in this epoch
	MOVL	CONTEXT_LANE(DI), R12
	SHLQ	CX, R11
	SHLQ	$ENTRY_LANE_SHIFT, R12
	BTSQ	$ENTRY_ATOMIC_BIT, R11
	ORQ	R12, R11
	MOVL	CONTEXT_CLOCK(DI), R12
	ORQ	R12, R11
	CMPQ	R11, EXT_ACCESSES(R8)		// it is in the record
	JEQ	recorded
	CMPQ	R11, (EXT_ACCESSES+8)(R8)
	JEQ	recorded
	CMPQ	R11, (EXT_ACCESSES+16)(R8)
	JEQ	recorded
	CMPQ	R11, (EXT_ACCESSES+24)(R8)
	JNE	engine
recorded:
	MOVWLZX	EXT_SYNC_OFFSET(R8), R12
	TESTB	R12, R12			// nothing was released in this word
	JEQ	nothing_new
	LEAL	EXT_SYNC_WHOLE(CX), R11		// or to this object only, by a lane
	CMPL	R12, R11
	JNE	engine
	MOVL	EXT_SYNC_LANE(R8), R12		// of whose releases those after LOW up to HIGH are known
	CMPL	R12, CONTEXT_WHOLE_LANE(DI)
	JNE	engine
	MOVL	EXT_SYNC_CLOCK(R8), R12
	CMPL	R12, CONTEXT_WHOLE_LOW(DI)
	JLS	engine
	CMPL	R12, CONTEXT_WHOLE_HIGH(DI)
	JHI	engine
nothing_new:
	TESTL	$(SIZE-1), AX			// misaligned
	JNE	engine
	CMPW	CONTEXT_IGNORE(DI), $0		// synchronisation is ignored at present
	JNE	engine
	TESTL	$1, R10				// somebody has the record's lock
	JNE	engine
	CMPQ	BX, (DX)			// the word still refers to the record
	JNE	engine
	MOVE	(AX), CX			// the load
	CMPL	R10, EXT_LOCK(R8)		// the version is the same
	JNE	engine
	MOVQ	CX, AX
	RET
data:
	DATA_SHADOW(engine)
	JMP	shadow

engine:						// everything else is the runtime's
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, 0(SP)			// the block: address, result
	LEAQ	LOAD_FUNCTION, AX
	CALL	hbatomic<>(SB)
	MOVE	8(SP), AX
	RET
outside:
	MOVE	(AX), AX
	RET
