// What package runtime asks and tells the runtime of hb at the end of a program, which is a part
// of it.

//go:build race

package runtime

import (
	"internal/abi"
	"unsafe"
)

func __tsan_hb_rest()
func __tsan_hb_leave()

// hbEndWish returns for how many nanoseconds GORACE asks to put the end off, less than 0 if it
// says nothing of that.
func hbEndWish() (wish int64) {
	fn := (*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_hb_rest)))
	racecall(fn, uintptr(unsafe.Pointer(&wish)), 0, 0, 0)
	return wish
}

// hbverdict says that the program ends with the status code. It does not return if that is 0 and
// there were races.
func hbverdict(code int) {
	if code != 0 {
		racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_hb_leave))), uintptr(code), 0, 0, 0)
	} else {
		racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_fini))), 0, 0, 0, 0)
	}
}
