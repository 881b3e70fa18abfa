// Every goroutine works on variables of its own; program order is all the order there is, and all that is needed.
//
//hb:case clean row=1 pattern=worker-pool
package main

import (
	"fmt"
	"strings"
	"sync"
)

type report struct {
	words   int
	longest string
}

func analyse(text string) *report {
	r := &report{}
	for _, w := range strings.Fields(text) {
		r.words++
		if len(w) > len(r.longest) {
			r.longest = w
		}
	}
	return r
}

func main() {
	texts := []string{"a quick brown fox", "jumps over", "the lazy dog"}
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			own := analyse(text)
			own.words *= 2
			if own.words == 0 {
				fmt.Println("empty text")
			}
		}()
	}
	wg.Wait()
	fmt.Println(analyse(strings.Join(texts, " ")).words)
}
