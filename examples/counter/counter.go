// Package counter counts visits, and loses some: see mended for the cure.
package counter

// Counter counts. Its methods are not safe to call from several goroutines.
type Counter struct {
	n int
}

// Inc adds one: it reads n, adds, and writes n back. Two goroutines can read the same value.
func (c *Counter) Inc() {
	c.n++
}

// Value returns the count.
func (c *Counter) Value() int {
	return c.n
}
