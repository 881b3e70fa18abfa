// A test leaves a goroutine behind, and is the last one.
//
//hb:case racy row=4 pattern=parallel-subtests end=waits
//hb:expect variable=x what=variable missing=unjoined fits=channel|waitgroup
package endtestbinary

import "testing"

var x int

func TestLeavesOneBehind(t *testing.T) {
	go func() { x = 1 }() // race: a
	x = 2                 // race: b
}
