// Handlers share a map under a mutex and a counter that is atomic.
//
//hb:case clean row=22,10,15 pattern=http-handler
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
)

type site struct {
	total  atomic.Int64
	mu     sync.Mutex
	visits map[string]int
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.total.Add(1)
	s.mu.Lock()
	s.visits[r.URL.Path]++
	n := s.visits[r.URL.Path]
	s.mu.Unlock()
	fmt.Fprintln(w, n)
}

func main() {
	s := &site{visits: map[string]int{}}
	server := httptest.NewServer(s)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			resp, err := http.Get(fmt.Sprint(server.URL, "/", i%2))
			if err != nil {
				panic(err)
			}
			defer resp.Body.Close()
			io.Copy(io.Discard, resp.Body)
		})
	}
	wg.Wait()
	server.Close()
	fmt.Println(s.total.Load(), len(s.visits))
}
