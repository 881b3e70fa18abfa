// The exported functions of package runtime for accesses. A jump, so that the hook sees the pc of
// the caller.

// func RaceRead(addr unsafe.Pointer)
TEXT	runtime·RaceRead<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	JMP	runtime·raceread<ABIInternal>(SB)

// func RaceWrite(addr unsafe.Pointer)
TEXT	runtime·RaceWrite<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	JMP	runtime·racewrite<ABIInternal>(SB)

// func RaceReadRange(addr unsafe.Pointer, len int)
TEXT	runtime·RaceReadRange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	JMP	runtime·racereadrange<ABIInternal>(SB)

// func RaceWriteRange(addr unsafe.Pointer, len int)
TEXT	runtime·RaceWriteRange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	JMP	runtime·racewriterange<ABIInternal>(SB)
