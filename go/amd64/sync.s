// What files edited by hb tell the runtime: see zhb_sync.go and its neighbours in go/edits.

// Operations on locks and WaitGroups, each written as operation.s says.

#define NAME runtime·hblock
#define FUNCTION tsan_hb_lock
#include "operation.s"
#undef NAME
#undef FUNCTION

#define NAME runtime·hbwritelock
#define FUNCTION tsan_hb_write_lock
#include "operation.s"
#undef NAME
#undef FUNCTION

#define NAME runtime·hbunlock
#define FUNCTION tsan_hb_unlock
#include "operation.s"
#undef NAME
#undef FUNCTION

#define NAME runtime·hbreadlock
#define FUNCTION tsan_hb_read_lock
#include "operation.s"
#undef NAME
#undef FUNCTION

#define NAME runtime·hbdone
#define FUNCTION tsan_hb_done
#include "operation.s"
#undef NAME
#undef FUNCTION

#define NAME runtime·hbtouch
#define FUNCTION tsan_hb_touch
#include "operation.s"
#undef NAME
#undef FUNCTION

#define NAME runtime·hbwait
#define FUNCTION tsan_hb_wait
#include "operation.s"
#undef NAME
#undef FUNCTION

// func hbedge(from, to uintptr)
TEXT	runtime·hbedge<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	AX, DI
	MOVQ	BX, SI
	TO_G0(on_g0)
on_g0:
	CALL_HB(tsan_hb_edge)			// void __tsan_hb_edge(Context *from, Context *to)
	RET

// func hbmeet(ctx, other uintptr)
TEXT	runtime·hbmeet<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	AX, DI
	MOVQ	BX, SI
	MOVQ	BP, DX				// the frame of the function that calls this one
	LEAQ	(g_stack+stack_lo)(R14), CX	// the bounds of the stack that it lies in
	TO_G0(on_g0)
on_g0:
	// void __tsan_hb_meet(Context *, Context *other, frame, Bounds *)
	CALL_HB(tsan_hb_meet)
	RET

// func hbfire(ctx uintptr)
TEXT	runtime·hbfire<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ	AX, DI
	TO_G0(on_g0)
on_g0:
	CALL_HB(tsan_hb_fire)			// void __tsan_hb_fire(Context *)
	RET

// func hbmaparena(v unsafe.Pointer, n uintptr, mapped *bool)
TEXT	runtime·hbmaparena<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ	AX, DI
	MOVQ	BX, SI
	MOVQ	CX, DX
	TO_G0(on_g0)
on_g0:
	CALL_HB(tsan_hb_map_arena)		// void __tsan_hb_map_arena(void *v, uintptr n, bool *mapped)
	RET

// func hbunused(v unsafe.Pointer, n uintptr)
TEXT	runtime·hbunused<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ	AX, DI
	MOVQ	BX, SI
	TO_G0(on_g0)
on_g0:
	CALL_HB(tsan_hb_unused)			// void __tsan_hb_unused(void *v, uintptr n)
	RET
