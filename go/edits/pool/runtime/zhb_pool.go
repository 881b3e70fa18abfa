// What package runtime tells sync.Pool, as edited by hb.

//go:build race

package runtime

import _ "unsafe"

//go:linkname sync_hbGoroutine sync.hbGoroutine
//go:nosplit
func sync_hbGoroutine() uint64 { return getg().goid }
