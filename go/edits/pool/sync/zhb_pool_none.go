//go:build !race

package sync

func hbGoroutine() uint64 { return 0 }
