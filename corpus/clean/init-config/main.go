// Package variables and init run before main.main, so goroutines that main starts may read what init wrote.
//
//hb:case clean row=2 pattern=hot-config
package main

import (
	"fmt"
	"sync"
)

var limits = defaultLimits()

var banner string

func defaultLimits() map[string]int {
	return map[string]int{"upload": 10, "download": 100}
}

func init() {
	limits["api"] = 50
	banner = fmt.Sprintf("%d limits", len(limits))
}

func main() {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if limits["api"] != 50 || banner == "" {
				panic("init has not run")
			}
		})
	}
	wg.Wait()
	fmt.Println(banner)
}
