// The struct is stored first and filled afterwards: Store orders what came before it.
//
//hb:case racy row=17 pattern=cache
//hb:expect variable=profile.email what=field missing=after-release fits=before-release|mutex
package main

import (
	"fmt"
	"runtime"
	"sync"
)

type profile struct {
	name  string
	email string
}

func main() {
	var cache sync.Map
	done := make(chan int)
	go func() {
		for {
			if v, ok := cache.Load("ann"); ok {
				done <- len(v.(*profile).email) // race: a
				return
			}
			runtime.Gosched()
		}
	}()
	p := &profile{name: "Ann"}
	cache.Store("ann", p)
	p.email = "ann@example.com" // race: b
	fmt.Println(<-done >= 0)
}
