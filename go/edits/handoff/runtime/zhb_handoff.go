// The meeting of a sender and a receiver at an unbuffered channel, as edited by hb.

//go:build race

package runtime

// Defined in go/amd64/sync.s. other is the goroutine that was parked.
func hbmeet(ctx, other uintptr)
