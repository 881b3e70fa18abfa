// What package syscall, as edited by hb, asks.

//go:build race

package runtime

import _ "unsafe"

//go:linkname syscall_hbIsGoroutine syscall.hbIsGoroutine
//go:nosplit
func syscall_hbIsGoroutine() bool {
	gp := getg()
	return gp != nil && gp.m != nil && gp == gp.m.curg
}
