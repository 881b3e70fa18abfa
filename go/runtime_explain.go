// What package runtime tells the runtime of hb for its reports, besides what the race hooks say.

//go:build race

package runtime

import (
	"internal/abi"
	"unsafe"
)

func __tsan_hb_test()

// testing_hbTest says that the current goroutine begins to run the test called name.
//
//go:linkname testing_hbTest testing.hbTestIs
func testing_hbTest(name string) {
	racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_hb_test))), getg().racectx, uintptr(unsafe.Pointer(unsafe.StringData(name))), uintptr(len(name)), 0)
}
