// Many callers of one Once: whoever returns from Do, at once or after waiting, comes after what the function did, also where it
// panicked.
//
//hb:case clean row=12 pattern=lazy-init
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var once sync.Once
	var table []int
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			defer func() {
				recover()
				_ = table[2]
			}()
			once.Do(func() {
				time.Sleep(5 * time.Millisecond)
				table = []int{1, 2, 3}
				panic("half done")
			})
		})
	}
	wg.Wait()
	fmt.Println(table)
}
