// Without race detection nobody meets.

//go:build !race

package runtime

func hbmeet(ctx, other uintptr) {}
