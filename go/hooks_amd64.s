
// What files edited by hb tell the runtime: see go/runtime_sync.go. This text is put behind that of race_amd64.s.

// OPERATION defines func name(addr unsafe.Pointer), called by the only function that Go code outside of package runtime reaches it
// through. So that function's frame, at BP, says where it was called, and the frames behind that where its callers return to. It is passed on
// with the bounds of the stack.
#define OPERATION(name, function) \
TEXT	name<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8; \
	IN_RANGE(AX, inside, outside); \
	MOVQ	AX, SI; \
	MOVQ	BP, DX; \
	LEAQ	(g_stack+stack_lo)(R14), CX; \
	SELF; \
	ON_G0(function); \
outside: \
	RET

OPERATION(runtime·hblock, tsan_hb_lock)
OPERATION(runtime·hbwritelock, tsan_hb_write_lock)
OPERATION(runtime·hbunlock, tsan_hb_unlock)
OPERATION(runtime·hbreadlock, tsan_hb_read_lock)
OPERATION(runtime·hbdone, tsan_hb_done)
OPERATION(runtime·hbtouch, tsan_hb_touch)
OPERATION(runtime·hbwait, tsan_hb_wait)

// func hbedge(from, to uintptr)
TEXT	runtime·hbedge<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	AX, DI
	MOVQ	BX, SI
	ON_G0(tsan_hb_edge)
	RET

// func hbmeet(ctx, other uintptr)
TEXT	runtime·hbmeet<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	AX, DI
	MOVQ	BX, SI
	MOVQ	BP, DX
	LEAQ	(g_stack+stack_lo)(R14), CX
	ON_G0(tsan_hb_meet)
	RET

// func hbfire(ctx uintptr)
TEXT	runtime·hbfire<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ	AX, DI
	ON_G0(tsan_hb_fire)
	RET

// func hbunused(v unsafe.Pointer, n uintptr)
TEXT	runtime·hbunused<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	AX, DI
	MOVQ	BX, SI
	ON_G0(tsan_hb_unused)
	RET
