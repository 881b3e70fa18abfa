// Package mended counts with an atomic integer.
package mended

import "sync/atomic"

// Counter counts, from any number of goroutines.
type Counter struct {
	n atomic.Int64
}

// Inc adds one, in a single step.
func (c *Counter) Inc() {
	c.n.Add(1)
}

// Value returns the count.
func (c *Counter) Value() int {
	return int(c.n.Load())
}
