// LoadOrStore: whoever loses gets the winner's value, with everything that was written to it before; Swap, CompareAndSwap and
// LoadAndDelete hand values on in the same way.
//
//hb:case clean row=17 pattern=cache
package main

import (
	"fmt"
	"sync"
)

type template struct{ source string }

func main() {
	var cache sync.Map
	compile := func(name string) *template {
		t := &template{}
		t.source = "compiled " + name
		v, _ := cache.LoadOrStore(name, t)
		return v.(*template)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if compile("index").source == "" {
				panic("empty template")
			}
		})
		wg.Go(func() {
			if old, loaded := cache.Swap("footer", &template{source: "new"}); loaded && old.(*template).source == "" {
				panic("empty footer")
			}
		})
		wg.Go(func() {
			if v, ok := cache.LoadAndDelete("footer"); ok {
				v.(*template).source = "mine now"
			}
		})
	}
	wg.Wait()
	first := compile("index")
	fmt.Println(cache.CompareAndSwap("index", first, &template{source: "second"}))
	cache.Clear()
}
