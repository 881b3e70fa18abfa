// Channels of zero-size elements, as the runtime of hb wants them: each slot of the buffer has an
// address, as those of other channels have, so that a send comes before the receive from its slot,
// and not before every other operation.

//go:build race

package runtime

import "unsafe"

// The most slots that get an address each; the slots of a larger buffer share one.
const hbSlotsMax = 1 << 16

// hbslots is how many bytes of addresses a channel needs behind its header.
func hbslots(elemsize uintptr, size int) uintptr {
	if elemsize != 0 || size > hbSlotsMax {
		return 0
	}
	return uintptr(size)
}

// hbnotify is racenotify for a channel of zero-size elements. It reports whether it did the work.
func hbnotify(c *hchan, idx uint, sg *sudog) bool {
	if c.dataqsiz > hbSlotsMax {
		return false
	}
	slot := add(unsafe.Pointer(c), hchanSize+uintptr(idx))
	if sg == nil {
		racereleaseacquire(slot)
	} else {
		racereleaseacquireg(sg.g, slot)
	}
	return true
}
