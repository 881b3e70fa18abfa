// Two flags lie in one word but not in one byte; only the byte that both goroutines write races.
//
//hb:case racy row=23 pattern=done-flag
//hb:expect variable=status.failed what=field missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

type status struct {
	started, finished, failed bool
}

func main() {
	s := &status{}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		s.started = true
		s.failed = true // race: a
	}()
	go func() {
		defer wg.Done()
		s.finished = true
		s.failed = false // race: b
	}()
	wg.Wait()
	fmt.Println(s.started && s.finished)
}
