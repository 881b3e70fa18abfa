//go:build !race

package runtime

const hbfirststack = fixedStack
