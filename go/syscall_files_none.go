// Without race detection nobody asks.

//go:build !race

package syscall

func hbOrders(int) bool { return true }

func hbClosed(int) {}
