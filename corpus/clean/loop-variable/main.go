// Since language version 1.22 each iteration has a variable of its own.
//
//hb:case clean row=25
package main

import (
	"fmt"
	"sync"
)

func main() {
	squares := make([]int, 4)
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			squares[i] = i * i
		}()
	}
	for _, name := range []string{"ann", "bob"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if name == "" {
				panic("no name")
			}
		}()
	}
	wg.Wait()
	fmt.Println(squares)
}
