// hbread (with READ defined) and hbwrite (without): recording an access that the hooks of
// accesses.s could not decide.
//
// Decided here are the common cases: the words were last accessed by the same goroutine, or by one
// that is known to come before, or never. All else, and every race, goes to the runtime (`slow`).
// The Rust twin of what is done here is Detector::access in crates/detector/src/access.rs.
//
// On entry:
//	AX	the address of the access
//	BX	size and number of words: see race_amd64.s
//	CX	the mask of the bytes accessed in the first word
//	DX	the address of the first shadow word
//	R11	the pc of the access
// In a word:
//	AX	the word as it was read; of a split word, a byte's cells
//	BX	as above; the words that are left, this one among them
//	CX	the mask of the bytes accessed in this word; of a split word, those that are left
//	DX	the address of the shadow word
//	DI	the goroutine's context
//	SI	its stamp
//	R8	the write cell
//	R9	the read cell
//	R13	what the word (the byte's cells) will be
//	R15	the address of the access
//	R10 R11 R12	for the moment

#ifdef READ
TEXT	hbread<>(SB), NOSPLIT|NOFRAME, $0-0
#else
TEXT	hbwrite<>(SB), NOSPLIT|NOFRAME, $0-0
#endif
	MOVQ	g_racectx(R14), DI
	MOVQ	AX, R15
	// What lies on the stack of the running goroutine is nobody else's: nothing there is recorded.
	// That matters for the threads' g0 stacks, which lie in the heap where nothing is linked that
	// makes threads of its own: timers run there, with a context each.
	CMPQ	AX, (g_stack+stack_lo)(R14)
	JB	shared
	CMPQ	AX, (g_stack+stack_hi)(R14)
	JB	own_stack
shared:
	MOVQ	R11, CONTEXT_PC(DI)
	MOVL	CONTEXT_STAMP(DI), SI
word:						// look at a word, for the first time or again
	MOVQ	(DX), AX
	MOVQ	AX, R9
	SHRQ	$WORD_READ_SHIFT, R9		// R9 = the read cell
	MOVL	AX, R8				// R8 = the write cell
	MOVL	R8, R12
	SHRL	$CELL_STAMP_SHIFT, R12
	CMPL	R12, $SPLIT_TAG			// no cells: a reference
	JAE	special

#ifdef READ
	UNLESS_NOW(R9, not_read)		// read in this epoch before: all of the bytes?
	ALL_BYTES(next)
not_read:
	UNLESS_NOW(R8, not_written)		// written in this epoch: all of the bytes?
	ALL_BYTES(next)
	TESTL	R9, R9				// the upper cell is a write, too
	JMI	slow
	JMP	writes_known
not_written:
	TESTL	R9, R9				// the upper cell is a write, too
	JMI	slow
	MOVQ	CONTEXT_STEPS(DI), R10		// has the goroutine met sets of reads?
	TESTQ	R10, R10
	JNE	steps
no_step:
	TESTL	CX, R8				// the write is one of other bytes
	JEQ	writes_known
	KNOWN(R8, writes_known, slow)		// the write comes before
writes_known:
	TESTL	R9, R9				// there is no read yet
	JEQ	new
	IF_NOW(R9, more)			// a read of this epoch: more bytes
	MOVL	CX, R12				// an earlier one: of no other bytes?
	NOTL	R12
	ANDL	R9, R12
	TESTL	$CELL_MASK, R12
	JNE	slow
	KNOWN(R9, new, slow)			// it comes before, so it is covered
new:
	MOVL	SI, R13				// the read cell will be this read
	ORL	CX, R13
	JMP	whole
more:
	MOVL	R9, R13				// the read cell will have these bytes, too
	ORL	CX, R13
whole:
	SHLQ	$WORD_READ_SHIFT, R13		// R13 = the read cell above the write cell
	ORQ	R8, R13
#else
	UNLESS_NOW(R8, not_written)		// written in this epoch before: all of the bytes?
	ALL_BYTES(next)
not_written:
	XORL	R13, R13
	TESTL	R9, R9				// there is no read
	JEQ	reads_done
	JMI	writes				// the upper cell is a write, too
	IF_NOW(R9, reads_known)			// the goroutine's own
	KNOWN(R9, reads_known, slow)		// the read comes before
reads_known:
	MOVL	CX, R12				// what is left of it: other bytes
	NOTL	R12
	ANDL	R12, R9
	TESTL	$CELL_MASK, R9
	JEQ	reads_done
	MOVL	R9, R13
	SHLQ	$WORD_READ_SHIFT, R13
reads_done:					// R13 = the read cell that stays, in its place
	TESTL	R8, R8				// there is no write yet
	JEQ	new
	IF_NOW(R8, more)			// a write of this epoch: more bytes
	MOVL	CX, R12				// an earlier one: of other bytes, too?
	NOTL	R12
	ANDL	R8, R12
	TESTL	$CELL_MASK, R12
	JNE	beside
	KNOWN(R8, new, slow)			// it comes before, so it is covered
new:
	MOVL	SI, R12				// the write cell will be this write
	ORL	CX, R12
	ORQ	R12, R13
	JMP	whole
more:
	MOVL	R8, R12				// the write cell will have these bytes, too
	ORL	CX, R12
	ORQ	R12, R13
whole:
#endif

	// R13 is what the word will be. Log the access, unless that is done, and store the word.
	CMPL	SI, $NO_STAMP			// nothing was recorded in this epoch yet
	JEQ	take
	TESTQ	AX, AX				// the word was written before: its page has memory
	JNE	touched
	BTQ	$HEAP_SHADOW_BIT, DX		// shadow of the data segments: the runtime counts its pages
	JCC	slow
	MOVQ	DX, R12				// the flag of the page is set?
	SHRQ	$PAGE_SHIFT, R12
	MOVQ	$PAGE_FLAGS, R10
	CMPB	(R10)(R12*1), $0
	JNE	touched
	MOVQ	DX, R8				// the group of pages has memory?
	SHRQ	$GROUP_SHIFT, R8
	MOVQ	$GROUP_FLAGS, R9
	CMPB	(R9)(R8*1), $0
	JEQ	slow
	MOVB	$1, (R10)(R12*1)		// set the page's flag
touched:
	TESTL	BX, BX				// LOGGED: before another word, or before the word changed
	JMI	store
	MOVQ	CONTEXT_TOP(DI), R10
	CMPQ	R10, CONTEXT_BASE(DI)		// no calling context
	JEQ	slow
	MOVQ	(g_stack+stack_hi)(R14), R8
	SUBQ	BP, R8				// R8 = how deep the function that runs was entered
	CMPL	(FRAME_DEPTH-FRAME_SIZE)(R10), R8	// the innermost frame was left by a panic
	JHI	slow
	MOVQ	CONTEXT_CHUNK(DI), R8		// R8 = the chunk of the history
	TESTQ	R8, R8
	JEQ	slow
	MOVL	CHUNK_COUNT(R8), R9		// R9 = how many events it has
	LEAL	3(R9), R12			// room for an epoch, the access, and one to spare?
	CMPL	R12, CHUNK_CAPACITY(R8)
	JHI	slow
	MOVL	(FRAME_NODE-FRAME_SIZE)(R10), R12	// R12 = the node of the innermost frame
	MOVL	R12, R11
	SHRL	$EVENT_NODE_BITS, R11
	CMPL	R11, CONTEXT_GENERATION(DI)	// it is not in this chunk
	JNE	node
log:						// R12 is the node, in its low bits
	ANDL	$EVENT_NODE_MASK, R12
	MOVL	CONTEXT_CLOCK(DI), R11		// the epoch stands in the history?
	CMPL	R11, CONTEXT_HISTORY_CLOCK(DI)
	JNE	epoch
logged_epoch:
	MOVL	R9, R10				// R10 = where the event will be, without CHUNK_EVENTS
	SHLQ	$EVENT_SHIFT, R10
	ADDQ	R8, R10
	MOVL	BX, R11				// first word: address, size, kind
	ANDL	$EVENT_SIZE_MASK, R11
	SHLQ	$EVENT_ADDR_BITS, R11
	ORQ	R15, R11
#ifndef READ
	BTSQ	$EVENT_WRITES_BIT, R11
#endif
	MOVQ	R11, CHUNK_EVENTS(R10)
	SHLQ	$EVENT_ADDR_BITS, R12		// second word: pc, node
	ORQ	CONTEXT_PC(DI), R12
	MOVQ	R12, (CHUNK_EVENTS+8)(R10)
	INCL	R9
	MOVL	R9, CHUNK_COUNT(R8)		// the event is there
	ORL	$LOGGED, BX
	BTRL	$BYTE_BIT, BX			// it was logged for a byte of a split word
	JCS	byte_logged
	TESTQ	R13, R13			// it was logged for a record: look at the word again
	JEQ	word
store:
	LOCK
	CMPXCHGQ	R13, (DX)		// if the word is still AX
	JNE	word
next:						// the next word, if there is one
	ADDQ	$8, DX
	SUBL	$ONE_WORD, BX
	TESTL	$WORDS, BX
	JNE	following
	RET

following:					// its mask: all bytes, unless it is the last one
	MOVL	BX, R12
	ANDL	$WORDS, R12
	XORL	CX, CX				// CX = how many of its bytes are behind the access
	CMPL	R12, $ONE_WORD
	JNE	masked
	MOVL	BX, CX				// -(address + size) in a word; the size's low bits are BX's
	ADDL	R15, CX
	NEGL	CX
	ANDL	$7, CX
masked:
	MOVL	$CELL_MASK, R12
	SHRL	CX, R12
	MOVL	R12, CX
	JMP	word

	// Log the calling context: the frames that have no node in this chunk, from the outermost of
	// them on.
node:						// R10 goes down to the frame below which all have one
	SUBQ	$FRAME_SIZE, R10
	CMPQ	R10, CONTEXT_BASE(DI)
	JEQ	outermost
	MOVL	(FRAME_NODE-FRAME_SIZE)(R10), R12
	MOVL	R12, R11
	SHRL	$EVENT_NODE_BITS, R11
	CMPL	R11, CONTEXT_GENERATION(DI)
	JNE	node
	ANDL	$EVENT_NODE_MASK, R12		// R12 = the parent's node
	JMP	parent
outermost:
	XORL	R12, R12			// no parent
parent:
	MOVQ	CONTEXT_TOP(DI), R11		// R11 = how many frames
	SUBQ	R10, R11
	SHRQ	$FRAME_SHIFT, R11
	CMPL	R11, $NODES
	JHI	slow
	LEAL	2(R9)(R11*1), R11		// room for them, an epoch and the access?
	CMPL	R11, CHUNK_CAPACITY(R8)
	JHI	slow
frame:
	MOVL	R9, R11				// R11 = where the event will be
	SHLQ	$EVENT_SHIFT, R11
	ADDQ	R8, R11
	BTSQ	$EVENT_NODE_BIT, R12		// first word: the parent
	MOVQ	R12, CHUNK_EVENTS(R11)
	MOVQ	FRAME_PC(R10), R12		// second word: the pc
	MOVQ	R12, (CHUNK_EVENTS+8)(R11)
	MOVL	CONTEXT_GENERATION(DI), R12	// the frame's node: the generation above the place
	SHLL	$EVENT_NODE_BITS, R12
	ORL	R9, R12
	MOVL	R12, FRAME_NODE(R10)
	MOVL	R9, R12				// it is the parent of the next
	INCL	R9
	ADDQ	$FRAME_SIZE, R10
	CMPQ	R10, CONTEXT_TOP(DI)
	JNE	frame
	JMP	log

	// Take a stamp for the present epoch from the shard's batch, and look at the word again.
take:
	MOVL	CONTEXT_SHARD(DI), R8
	ANDL	$BATCH_MASK, R8
	SHLQ	$BATCH_SHIFT, R8
	MOVQ	$STAMP_BATCHES, R9
	ADDQ	R9, R8				// R8 = the batch
	MOVL	$1, R9
	XCHGL	R9, BATCH_LOCK(R8)		// its lock; nobody waits here
	TESTL	R9, R9
	JNE	slow
	MOVQ	BATCH_FREE(R8), R9		// R9 = a bit for each that is free
	TESTQ	R9, R9
	JEQ	none
	BSFQ	R9, R10				// R10 = the first, which is taken
	LEAQ	-1(R9), R12
	ANDQ	R9, R12
	MOVQ	R12, BATCH_FREE(R8)
	ADDL	BATCH_BASE(R8), R10		// R10 = the stamp
	MOVL	CONTEXT_LANE(DI), R12		// it stands for this epoch
	SHLQ	$ENTRY_LANE_SHIFT, R12
	MOVL	CONTEXT_CLOCK(DI), R9
	ORQ	R9, R12
	MOVQ	$STAMPS, R9
	MOVQ	R12, (R9)(R10*8)
	SHLL	$CELL_STAMP_SHIFT, R10
	MOVL	R10, CONTEXT_STAMP(DI)
	MOVL	$0, BATCH_LOCK(R8)
	MOVL	R10, SI
	JMP	word
none:
	MOVL	$0, BATCH_LOCK(R8)
	JMP	slow

epoch:						// log the epoch, whose clock is in R11
	MOVL	R11, CONTEXT_HISTORY_CLOCK(DI)
	MOVB	$1, CONTEXT_USED(DI)		// so the next release advances the clock
	MOVL	R9, R10				// R10 = where the event will be
	SHLQ	$EVENT_SHIFT, R10
	ADDQ	R8, R10
	MOVQ	R11, (CHUNK_EVENTS+8)(R10)
	MOVQ	$EVENT_EPOCH, R11
	MOVQ	R11, CHUNK_EVENTS(R10)
	INCL	R9
	JMP	logged_epoch

	// A word whose bytes have cells of their own (crates/detector/src/split.rs): look at those of
	// the first byte of CX. When that is done it is taken out of CX, and the word is looked at
	// again for the others.
special:
	JNE	precise				// above SPLIT_TAG: a precise record
	REFERRED(AX, $SPLITS)
	BSFL	CX, R10				// R10 = the byte
	LEAQ	(R12)(R10*8), R11		// R11 = its cells' address
	MOVQ	(R11), R12
	CMPQ	AX, (DX)			// the word still refers to them
	JNE	word
	MOVQ	R12, AX				// AX = the cells
	MOVL	R12, R8				// R8 = the write cell, without a mask
	MOVQ	R12, R9
	SHRQ	$WORD_READ_SHIFT, R9		// R9 = the read cell
	MOVL	R8, R10				// written in this epoch before
	XORL	SI, R10
	CMPL	R10, $CELL_STAMP_ONE
	JB	byte_next
#ifdef READ
	MOVL	R9, R10				// read in this epoch before
	XORL	SI, R10
	CMPL	R10, $CELL_STAMP_ONE
	JB	byte_next
	MOVL	CX, R13				// R13 keeps the mask
	CMPL	R9, $CELL_STAMP_ONE		// there is no read
	JB	byte_stepless
	MOVQ	CONTEXT_STEPS(DI), R10
	TESTQ	R10, R10
	JEQ	byte_stepless
	ORL	$CELL_MASK, R9			// a byte's read is a step's when all bytes are set
	MOVL	$CELL_MASK, CX
	STEP(byte_stepless)
	MOVL	R13, CX
	MOVL	STEP_TO(R12), R13		// where the step leads
	CMPL	R13, R9				// to itself: the set has the read
	JEQ	byte_next
	INCL	STEPS_CREDIT(R10)
	ANDL	$~CELL_MASK, R13		// R13 = the read cell, without a mask
	JMP	byte_read
byte_stepless:
	MOVL	R13, CX
	MOVL	SI, R13				// R13 = the read cell: this read
	CMPL	R9, $CELL_STAMP_ONE		// there is no read
	JB	byte_read
	KNOWN(R9, byte_read, slow)		// the read comes before, so it is covered
byte_read:
	CMPL	R8, $CELL_STAMP_ONE		// there is no write
	JB	byte_unwritten
	CMPL	R8, $SPLIT_LOW			// the cells are being taken away
	JAE	slow
	KNOWN(R8, byte_unwritten, slow)		// the write comes before
byte_unwritten:
	MOVQ	AX, R9				// R9 = the generation's part in the upper half
	SHRQ	$WORD_READ_SHIFT, R9
	ANDL	$CELL_MASK, R9
#else
	CMPL	R8, $CELL_STAMP_ONE		// there is no write
	JB	byte_unwritten
	CMPL	R8, $SPLIT_LOW			// the cells are being taken away
	JAE	slow
	KNOWN(R8, byte_unwritten, slow)		// the write comes before
byte_unwritten:
	CMPL	R9, $CELL_STAMP_ONE		// there is no read
	JB	byte_unread
	KNOWN(R9, byte_unread, slow)		// the read comes before, so it is covered
byte_unread:
	XORL	R13, R13			// R13 = the read cell: none
	ANDL	$CELL_MASK, R9			// R9 = the generation's part in the upper half
	ANDL	$CELL_MASK, R8			// R8 = this write above the generation's part
	ORL	SI, R8
#endif
	CMPL	SI, $NO_STAMP			// nothing was recorded in this epoch yet
	JEQ	take
	ORL	R9, R13				// R13 = what the cells will be
	SHLQ	$WORD_READ_SHIFT, R13
	ORQ	R8, R13
	TESTL	BX, BX				// not LOGGED
	JPL	log_byte
byte_store:
	LOCK
	CMPXCHGQ	R13, (R11)		// if they are still AX
	JNE	word
byte_next:					// the next byte of the mask, or the next word
	LEAL	-1(CX), R10
	ANDL	R10, CX
	JNE	word
	JMP	next
log_byte:					// all registers but BX, CX, DX and R13 are used there
	MOVQ	R11, CONTEXT_CELL(DI)
	BTSL	$BYTE_BIT, BX
	JMP	touched
byte_logged:
	MOVQ	CONTEXT_CELL(DI), R11
	JMP	byte_store

	// A word with a precise record (crates/detector/src/ext.rs): is there an access of the present
	// epoch that says this one? Only the goroutine itself puts one there, and nobody takes one away
	// before its epoch has ended, so that is seen without the lock.
precise:
	REFERRED(AX, $EXTS)			// R12 = the record
	NOW					// R10 = the epoch
#ifdef READ
	SAME_EPOCH(0, second)
	SAYS_READ(second, hit)
second:
	SAME_EPOCH(1, third)
	SAYS_READ(third, hit)
third:
	SAME_EPOCH(2, fourth)
	SAYS_READ(fourth, hit)
fourth:
	SAME_EPOCH(3, again)
	SAYS_READ(again, hit)

	// Make the goroutine's read of an earlier epoch one of the present, if no write in the record
	// can conflict with it. Writers hold the record's lock and leave another version, so if that
	// stays there was none.
again:
	CMPB	EXT_CLASS(R12), $0		// there are more accesses than four
	JNE	table
	XORL	R13, R13			// log first, and come back: the record is no word
	TESTL	BX, BX
	JPL	touched
	MOVL	EXT_LOCK(R12), R13		// R13 = the version
	TESTL	$1, R13				// somebody has the lock
	JNE	slow
	CMPQ	AX, (DX)			// the word still refers to the record
	JNE	word
	XORL	R11, R11			// R11 = where the goroutine's read is, AX what it is
	OWN_READ(0, write0, read1)
write0:
	COMES_BEFORE(read1, slow)
read1:
	OWN_READ(1, write1, read2)
write1:
	COMES_BEFORE(read2, slow)
read2:
	OWN_READ(2, write2, read3)
write2:
	COMES_BEFORE(read3, slow)
read3:
	OWN_READ(3, write3, read4)
write3:
	COMES_BEFORE(read4, slow)
read4:
	TESTQ	R11, R11			// there is none
	JEQ	slow
	READ_NOW				// R9 = the read as one of this epoch
	LOCK
	CMPXCHGQ	R9, (R11)		// if it is still AX
	JNE	slow
	CMPL	R13, EXT_LOCK(R12)		// the version has changed
	JNE	slow
	JMP	next
#else
	SAME_EPOCH(0, second)
	SAYS_WRITE(second, hit)
second:
	SAME_EPOCH(1, third)
	SAYS_WRITE(third, hit)
third:
	SAME_EPOCH(2, fourth)
	SAYS_WRITE(fourth, hit)
fourth:
	SAME_EPOCH(3, again)
	SAYS_WRITE(again, hit)

	// Make the goroutine's write of an earlier epoch one of the present, with the record's lock, if
	// all accesses that conflict with it come before.
again:
	XORL	R13, R13			// log first, and come back: the record is no word
	TESTL	BX, BX
	JPL	touched
	MOVQ	AX, R11
	TAKE(R11, unlock, slow)			// R13 = the version, odd
	CMPB	EXT_CLASS(R12), $0		// there are more accesses than four
	JNE	unlock
	XORL	SI, SI				// SI = where the goroutine's write is
	OTHERS_KNOWN(0, own0, write1, unlock)
own0:
	OWN_WRITE(0, write1)
write1:
	OTHERS_KNOWN(1, own1, write2, unlock)
own1:
	OWN_WRITE(1, write2)
write2:
	OTHERS_KNOWN(2, own2, write3, unlock)
own2:
	OWN_WRITE(2, write3)
write3:
	OTHERS_KNOWN(3, own3, write4, unlock)
own3:
	OWN_WRITE(3, write4)
write4:
	TESTQ	SI, SI				// there is none
	JEQ	unlock
	MOVL	CX, R9				// R9 = the write as one of this epoch
	BTSQ	$SHIFTED_WRITES_BIT, R9
	SHLQ	$ENTRY_MASK_SHIFT, R9
	ORQ	R10, R9
	MOVQ	R9, (SI)
	INCL	R13				// open the lock: a new version
	MOVL	R13, EXT_LOCK(R12)
	MOVL	CONTEXT_STAMP(DI), SI
	JMP	next
unlock:						// open the lock: the version before
	DECL	R13
	MOVL	R13, EXT_LOCK(R12)
	JMP	slow
#endif
hit:						// it says so, if the word still refers to the record
	CMPQ	AX, (DX)
	JEQ	next
	JMP	word

#ifdef READ
	// Look for the read in the table of a record with many (crates/detector/src/readers.rs): from
	// the lane's home to the first empty slot, but not beyond the end. R12 is the record, R10 the
	// present epoch.
table:
	MOVL	EXT_LOCK(R12), R13		// R13 = the version
	TESTL	$1, R13				// somebody has the lock
	JNE	slow
	MOVL	CX, R11				// R9 = the slots' number less one, from the class
	MOVBLZX	EXT_CLASS(R12), CX
	SUBL	$TABLE_SLOT_SHIFT, CX
	MOVL	$1, R9
	SHLQ	CX, R9
	DECQ	R9
	MOVL	R11, CX
	MOVL	EXT_LIST(R12), R8
	CMPL	R13, EXT_LOCK(R12)		// class and list are of one version
	JNE	slow
	SHLQ	$BLOCK_SHIFT, R8
	MOVQ	$BLOCKS, R11
	ADDQ	R11, R8				// R8 = the table
	MOVL	CONTEXT_LANE(DI), R11		// R11 = the lane's home
	IMULL	$HASH_FACTOR, R11
	SHRL	$TABLE_HOME_SHIFT, R11
	ANDL	R9, R11
	JNE	probe
	MOVL	$1, R11				// slot 0 is the head
probe:
	MOVQ	(R8)(R11*8), R13
	TESTQ	R13, R13			// the end of the chain
	JEQ	slow
	XORQ	R10, R13
	MOVQ	R13, R12			// of another epoch
	SHLQ	$ENTRY_EPOCH_SHIFT, R12
	JNE	other_epoch
	SHRQ	$ENTRY_MASK_SHIFT, R13		// of this one: does it say the read?
	BTL	$SHIFTED_ATOMIC_BIT, R13
	JCS	more_table
	NOTL	R13
	TESTL	CX, R13
	JEQ	hit
more_table:
	INCL	R11
	ANDL	R9, R11
	JNE	probe
	JMP	slow
other_epoch:
	SHRQ	$ENTRY_LANE_SHIFT, R13		// the goroutine's plain read of just these bytes?
	MOVL	CX, R12
	SHLL	$(ENTRY_MASK_SHIFT-ENTRY_LANE_SHIFT), R12
	CMPL	R13, R12
	JNE	more_table

	// It is, of an earlier epoch: make it one of the present, with the record's lock, if no write
	// in the record can conflict.
	XORL	R13, R13			// log first, and come back: the record is no word
	TESTL	BX, BX
	JPL	touched
	LEAQ	(R8)(R11*8), R11		// R11 = the slot's address
	REFERRED(AX, $EXTS)
	MOVQ	AX, R9
	TAKE(R9, unlock_table, slow)		// R13 = the version, odd
	CMPB	EXT_CLASS(R12), $0		// the table is still R8
	JEQ	unlock_table
	MOVL	EXT_LIST(R12), R9
	SHLQ	$BLOCK_SHIFT, R9
	MOVQ	$BLOCKS, R10
	ADDQ	R10, R9
	CMPQ	R8, R9
	JNE	unlock_table
	MOVQ	(R8), AX			// the head: nothing in the table writes
	SHRQ	$TABLE_KINDS_SHIFT, AX
	TESTL	$TABLE_WRITES, AX
	JNE	unlock_table
	NOW					// the slot is still what it was
	MOVQ	(R11), AX
	XORQ	R10, AX
	SHRQ	$ENTRY_LANE_SHIFT, AX
	MOVL	CX, R9
	SHLL	$(ENTRY_MASK_SHIFT-ENTRY_LANE_SHIFT), R9
	CMPL	AX, R9
	JNE	unlock_table
	WRITE_KNOWN(0, written1, unlock_table)	// beside the table there are writes only
written1:
	WRITE_KNOWN(1, written2, unlock_table)
written2:
	WRITE_KNOWN(2, written3, unlock_table)
written3:
	WRITE_KNOWN(3, written4, unlock_table)
written4:
	READ_NOW				// R9 = the read as one of this epoch
	MOVQ	R9, (R11)
	INCL	R13				// open the lock: a new version
	MOVL	R13, EXT_LOCK(R12)
	JMP	next
unlock_table:					// open the lock: the version before
	DECL	R13
	MOVL	R13, EXT_LOCK(R12)
	JMP	slow
#endif

own_stack:
	RET

#ifdef READ
	// A read cell that this goroutine has met before: the step from there leads to itself if the
	// set has the read already. R10 are the steps.
steps:
	STEP(no_step)
	MOVL	STEP_TO(R12), R13		// R13 = the read cell: where the step leads
	CMPL	R13, R9				// to itself
	JEQ	next
	INCL	STEPS_CREDIT(R10)
	TESTL	CX, R8				// the write is one of other bytes
	JEQ	whole
	KNOWN(R8, step_known, slow)		// the write comes before
step_known:
	JMP	whole
#else
	// Bytes of the latest write are left (R12): it becomes the other one, if there are no reads to
	// keep.
beside:
	TESTQ	R13, R13			// a read
	JNE	slow
	MOVL	R12, R13
	TESTL	CX, R8				// the write is one of other bytes
	JEQ	apart
	KNOWN(R8, apart, slow)			// the write comes before
apart:
	BTSL	$CELL_OTHER_BIT, R13		// R13 = it above this write
	SHLQ	$WORD_READ_SHIFT, R13
	MOVL	SI, R12
	ORL	CX, R12
	ORQ	R12, R13
	JMP	whole

	// The upper cell is a write, too. What is left of both must fit there.
writes:
	BTRL	$CELL_OTHER_BIT, R9
	TESTL	CX, R9				// it is one of other bytes
	JEQ	other_apart
	KNOWN(R9, other_apart, slow)		// it comes before
other_apart:
	MOVL	CX, R12				// R9 = what is left of it
	NOTL	R12
	ANDL	R12, R9
	MOVL	R8, R13				// the latest write is of this epoch
	XORL	SI, R13
	CMPL	R13, $CELL_STAMP_ONE
	JB	longer
	TESTL	CX, R8				// or one of other bytes
	JEQ	write_apart
	KNOWN(R8, write_apart, slow)		// or comes before
write_apart:
	MOVL	SI, R13				// R13 = this write
	ORL	CX, R13
	MOVL	CX, R12				// R8 = what is left of the latest
	NOTL	R12
	ANDL	R12, R8
	TESTL	$CELL_MASK, R8
	JEQ	both
	TESTL	$CELL_MASK, R9			// something is left of both
	JNE	slow
	MOVL	R8, R9				// R9 = what is left of either
	JMP	both
longer:
	MOVL	R8, R13				// R13 = the latest write, with these bytes, too
	ORL	CX, R13
both:
	TESTL	$CELL_MASK, R9			// nothing is left
	JEQ	whole
	BTSL	$CELL_OTHER_BIT, R9		// R13 = what is left above the write
	SHLQ	$WORD_READ_SHIFT, R9
	ORQ	R9, R13
	JMP	whole
#endif

	// Hand over to the runtime: a scalar, or of a range the words that are left.
slow:
	MOVL	BX, R8
	ANDL	$WORDS, R8
	ANDL	$EVENT_SIZE_MASK, BX		// BX = the size
	JNE	ranged
	MOVQ	R15, SI
	MOVQ	CONTEXT_PC(DI), DX
#ifdef READ
	LEAQ	tsan_hb_read, R11		// void __tsan_hb_read(Context *, addr, pc, _, goid)
#else
	LEAQ	tsan_hb_write, R11		// void __tsan_hb_write(Context *, addr, pc, _, goid)
#endif
	JMP	hbslow<>(SB)
ranged:
	LEAQ	(R15)(BX*1), DX			// SI = end rounded up to a word - the words' bytes
	SHRL	$(WORDS_SHIFT-3), R8
	LEAQ	7(DX), SI
	ANDQ	$~7, SI
	SUBQ	R8, SI
	CMPQ	SI, R15				// but not before the beginning
	CMOVQCS	R15, SI
	SUBQ	SI, DX				// DX = the size from there
	MOVQ	CONTEXT_PC(DI), CX
#ifdef READ
	// void __tsan_hb_read_range(Context *, addr, size, pc, goid)
	LEAQ	tsan_hb_read_range, R11
#else
	// void __tsan_hb_write_range(Context *, addr, size, pc, goid)
	LEAQ	tsan_hb_write_range, R11
#endif
	JMP	hbslow<>(SB)
