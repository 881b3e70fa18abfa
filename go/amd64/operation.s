// func NAME(addr unsafe.Pointer) tells FUNCTION of an operation on the object at addr.
//
// It is called by the only function that Go code outside of package runtime reaches it through. So
// that function's frame, at BP, says where it was called, and the frames behind that where its
// callers return to. It is passed on with the bounds of the stack.
TEXT	NAME<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	IN_ARENAS(AX, segments, inside)
segments:
	IN_DATA(AX, outside)
inside:
	MOVQ	AX, SI
	MOVQ	BP, DX
	LEAQ	(g_stack+stack_lo)(R14), CX
	SELF
	TO_G0(on_g0)
on_g0:
	CALL_HB(FUNCTION)			// void FUNCTION(Context *, addr, frame, Bounds *, goid)
outside:
	RET
