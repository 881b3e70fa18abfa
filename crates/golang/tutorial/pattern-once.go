// Pattern 3: Once for lazy initialisation.
//
//hb:allowed warm warm
//hb:races none
package main

import (
	"fmt"
	"sync"
)

type Cache struct{ state string }

var (
	once  sync.Once
	cache *Cache
)

func getCache() *Cache {
	once.Do(func() {
		cache = &Cache{state: "warm"}
	})
	return cache
}

func main() {
	got := make(chan string)
	go func() { got <- getCache().state }()
	a := getCache().state
	fmt.Println(a, <-got)
}
