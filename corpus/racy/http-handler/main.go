// A handler counts visits in a plain field; the server runs each request in a goroutine of its own.
//
//hb:case racy row=22 pattern=http-handler
//hb:expect variable=site.visits what=field missing=siblings fits=atomic|mutex
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
)

type site struct {
	visits  int
	arrived sync.WaitGroup
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Both requests are here before either goes on, so that neither is answered before the other begins.
	s.arrived.Done()
	s.arrived.Wait()
	s.visits++ // race: a b
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	s := &site{}
	s.arrived.Add(2)
	server := httptest.NewServer(s)
	defer server.Close()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			resp, err := http.Get(server.URL)
			if err != nil {
				panic(err)
			}
			resp.Body.Close()
		})
	}
	wg.Wait()
	fmt.Println("served")
}
