// A client is made by whoever needs it first.
//
//hb:expect variable=client what=variable missing=siblings fits=once
package main

import (
	"fmt"
	"sync"
)

type httpClient struct{ name string }

var client *httpClient

func get() *httpClient {
	if client == nil { // race: a
		client = &httpClient{name: "default"} // race: b
	}
	return client
}

func main() {
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			get()
		}()
	}
	wg.Wait()
	fmt.Println(get().name)
}
