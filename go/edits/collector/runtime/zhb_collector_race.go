//go:build race

package runtime

// hbcheap is the live heap, in bytes, up to which the collector keeps Go's pace.
const hbcheap = 32 << 20

// hbpercent is how much a heap may grow before it is collected again, in percent of what was live.
// Each byte of heap costs another one of shadow, and the collector, which is not instrumented,
// takes a smaller part of the time than without hb. So a large heap may grow by half, unless the
// program was given a percentage of its own.
func hbpercent(c *gcControllerState) int32 {
	percent := c.gcPercent.Load()
	if percent != 100 || c.test || c.heapMarked <= hbcheap {
		return percent
	}
	return max(50, int32(100*hbcheap/c.heapMarked))
}
