// Memory is freed by one goroutine's end and used again by another: the accesses to the old blocks have nothing to do with
// the new ones.
//
//hb:case clean row=3 pattern=worker-pool
package main

import (
	"fmt"
	"runtime"
)

type block struct {
	data [96]int
}

func fill(n int) (sum int) {
	blocks := make([]*block, 50)
	for i := range blocks {
		blocks[i] = &block{}
		blocks[i].data[i] = n
		sum += blocks[i].data[i]
	}
	return sum
}

func main() {
	for i := range 40 {
		go func() {
			if fill(i) != 50*i {
				panic("wrong sum")
			}
		}()
		if i%10 == 9 {
			runtime.GC()
		}
	}
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	runtime.GC()
	fmt.Println(fill(1))
}
