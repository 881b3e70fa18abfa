//go:build race

package runtime

// hbfirststack is the size of a new goroutine's stack: in a race build the guard alone would take most of a smaller one.
const hbfirststack = 2 * fixedStack
