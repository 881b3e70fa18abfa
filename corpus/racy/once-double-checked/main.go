// A plain flag spares the Once its call: whoever sees the flag set has not synchronised with the one who set it.
//
//hb:case racy row=12 pattern=lazy-init
//hb:expect variable=Client.ready what=field missing=not-held fits=once|atomic
package main

import (
	"fmt"
	"sync"
)

type Client struct {
	once  sync.Once
	ready bool
	token string
}

func (c *Client) connect() {
	c.once.Do(func() {
		c.token = "secret"
		c.ready = true // race: a
	})
}

func (c *Client) Ready() bool {
	return c.ready // race: b
}

func main() {
	c := &Client{}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		c.connect()
	}()
	go func() {
		defer wg.Done()
		if c.Ready() {
			fmt.Println("connected already")
		}
	}()
	wg.Wait()
	fmt.Println(len(c.token))
}
