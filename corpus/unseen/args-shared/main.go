// Two commands are built from one slice of arguments that has room.
//
//hb:expect variable=base what=element missing=siblings fits=own-copy
package main

import (
	"fmt"
	"sync"
)

func main() {
	base := make([]string, 0, 8)
	base = append(base, "run")
	var wg sync.WaitGroup
	out := make([][]string, 2)
	for i, flag := range []string{"-v", "-q"} {
		wg.Go(func() {
			out[i] = append(base, flag) // race: a b
		})
	}
	wg.Wait()
	fmt.Println(len(out[0]), len(out[1]))
}
