// The counter of a WaitGroup, which the race detector is told of by other means.

package sync

import "internal/runtime/atomic"

type quietUint64 struct{ value atomic.Uint64 }

func (u *quietUint64) Load() uint64            { return u.value.Load() }
func (u *quietUint64) Store(value uint64)      { u.value.Store(value) }
func (u *quietUint64) Add(delta uint64) uint64 { return u.value.Add(int64(delta)) }

func (u *quietUint64) CompareAndSwap(old, new uint64) bool { return u.value.CompareAndSwap(old, new) }

// Or sets the bits of mask and returns the old value.
func (u *quietUint64) Or(mask uint64) uint64 {
	for {
		old := u.value.Load()
		if u.value.CompareAndSwap(old, old|mask) {
			return old
		}
	}
}
