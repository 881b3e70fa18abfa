// Without race detection there is nobody to tell.

//go:build !race

package runtime

import "unsafe"

const hbexplains = false

func hballoc(unsafe.Pointer, uintptr, *_type) {}

func hbchan(*hchan, int) {}
