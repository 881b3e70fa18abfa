// A buffer is used between Get and Put only; Put comes before the Get that returns the same buffer.
//
//hb:case clean row=18 pattern=cache
package main

import (
	"bytes"
	"fmt"
	"sync"
)

var buffers = sync.Pool{New: func() any { return &bytes.Buffer{} }}

func render(name string, n int) int {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	for range n {
		fmt.Fprintf(b, "hello %s\n", name)
	}
	return b.Len()
}

func main() {
	var wg sync.WaitGroup
	sizes := make([]int, 8)
	for i := range sizes {
		wg.Go(func() {
			for j := range 20 {
				sizes[i] = render("gopher", j)
			}
		})
	}
	wg.Wait()
	fmt.Println(sizes)
}
