// How much of a stack is left to functions that may not grow it.

package runtime

// stackGuard is a constant in other builds.
var stackGuard uintptr = hbUsualGuard

// hbRoom is set by the linker where such functions need twice the room that they usually have.
var hbRoom string
