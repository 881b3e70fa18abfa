// The meeting of a sender and a receiver at an unbuffered channel, as edited by hb.

//go:build race

package runtime

// Defined in go/hooks_amd64.s. other is the goroutine that was parked.
func hbmeet(ctx, other uintptr)
