// What package runtime asks and tells the runtime of hb at the end of a program, which is an
// object beside it.

//go:build race

package runtime

import "unsafe"

//go:linkname __tsan_hb_rest __tsan_hb_rest
var __tsan_hb_rest byte

//go:linkname __tsan_hb_leave __tsan_hb_leave
var __tsan_hb_leave byte

//go:cgo_import_static __tsan_hb_rest
//go:cgo_import_static __tsan_hb_leave

// hbEndWish returns for how many nanoseconds GORACE asks to put the end off, less than 0 if it
// says nothing of that.
func hbEndWish() (wish int64) {
	racecall(&__tsan_hb_rest, uintptr(unsafe.Pointer(&wish)), 0, 0, 0)
	return wish
}

// hbverdict says that the program ends with the status code. It does not return if that is 0 and
// there were races.
func hbverdict(code int) {
	if code != 0 {
		racecall(&__tsan_hb_leave, uintptr(code), 0, 0, 0)
	} else {
		racecall(&__tsan_fini, 0, 0, 0, 0)
	}
}
