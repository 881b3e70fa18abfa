// OnceFunc, OnceValue and OnceValues order as Once does.
//
//hb:case clean row=12 pattern=lazy-init
package main

import (
	"fmt"
	"strconv"
	"sync"
)

var table map[int]string

var (
	fillTable = sync.OnceFunc(func() { table = map[int]string{1: "one", 2: "two"} })
	squares   = sync.OnceValue(func() []int { return []int{0, 1, 4, 9} })
	port      = sync.OnceValues(func() (int, error) { return strconv.Atoi("8080") })
)

func main() {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			fillTable()
			if p, err := port(); err != nil || p != 8080 || table[1] != "one" || squares()[3] != 9 {
				panic("not initialised")
			}
		})
	}
	wg.Wait()
	fmt.Println(len(table))
}
