#include "textflag.h"

GLOBL early_room<>(SB), NOPTR, $256

// Gives the thread memory of its own, as C's library would have, and calls Go.
TEXT early_init(SB), NOSPLIT, $0-0
	MOVQ $158, AX	// arch_prctl(ARCH_SET_FS)
	MOVQ $0x1002, DI
	LEAQ early_room<>+128(SB), SI
	SYSCALL
	CALL ·begin(SB)
	RET
