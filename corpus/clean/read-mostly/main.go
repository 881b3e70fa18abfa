// The same with an atomic pointer to a table that nobody changes after it is published.
//
//hb:case clean row=16 pattern=hot-config
package main

import (
	"fmt"
	"sync/atomic"
)

type Resolver struct {
	table atomic.Pointer[map[string]string]
}

func (r *Resolver) Lookup(host string) string {
	return (*r.table.Load())[host]
}

func (r *Resolver) refresh(addr string) {
	fresh := map[string]string{}
	fresh["db"] = addr
	r.table.Store(&fresh)
}

func main() {
	r := &Resolver{}
	r.refresh("10.0.0.1")
	addrs := make(chan int)
	for range 3 {
		go func() { addrs <- len(r.Lookup("db")) }()
	}
	r.refresh("10.0.0.2")
	fmt.Println(<-addrs + <-addrs + <-addrs)
}
