//go:build race

package runtime

// hbguard is how much room functions that may not grow the stack have, in parts of what they have without race detection.
const hbguard = 1
