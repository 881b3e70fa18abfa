// A table that is read by every request and replaced by a refresh now and then. Whoever sees the new table races with the
// filling of it, too.
//
//hb:case racy row=11 pattern=hot-config
//hb:expect variable=Resolver.table what=field missing=unjoined fits=rwmutex|atomic-pointer
package main

import "fmt"

type Resolver struct {
	table map[string]string
}

func (r *Resolver) Lookup(host string) string {
	return r.table[host] // race: a
}

func (r *Resolver) refresh() {
	fresh := map[string]string{"db": "10.0.0.2", "cache": "10.0.0.3"} // race: b
	r.table = fresh                                                   // race: b
}

func main() {
	r := &Resolver{table: map[string]string{"db": "10.0.0.1"}}
	addrs := make(chan int)
	for range 3 {
		go func() { addrs <- len(r.Lookup("db")) }()
	}
	r.refresh()
	fmt.Println(<-addrs + <-addrs + <-addrs)
}
