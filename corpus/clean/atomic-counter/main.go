// All accesses to the counters are atomic operations.
//
//hb:case clean row=15 pattern=counter
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type Stats struct {
	requests atomic.Int64
	bytes    int64
}

func (s *Stats) Record(n int64) {
	s.requests.Add(1)
	atomic.AddInt64(&s.bytes, n)
}

func main() {
	s := &Stats{}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.Record(int64(i))
			_ = s.requests.Load()
		}()
	}
	wg.Wait()
	fmt.Println(s.requests.Load(), atomic.LoadInt64(&s.bytes))
}
