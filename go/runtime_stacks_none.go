//go:build !race

package runtime

import "internal/runtime/sys"

const hbguard = sys.StackGuardMultiplier
