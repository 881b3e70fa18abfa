// The completion of Do's function comes before the return of every Do, also of those that did not run it.
//
//hb:case clean row=12 pattern=lazy-init
package main

import (
	"fmt"
	"sync"
)

type Client struct {
	once  sync.Once
	hosts []string
}

func (c *Client) Hosts() []string {
	c.once.Do(func() {
		c.hosts = append(c.hosts, "a.example", "b.example")
	})
	return c.hosts
}

func main() {
	c := &Client{}
	var wg sync.WaitGroup
	for range 5 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if len(c.Hosts()) != 2 {
				panic("not initialised")
			}
		}()
	}
	wg.Wait()
	fmt.Println(c.Hosts())
}
