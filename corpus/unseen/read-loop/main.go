// A client is told to stop by a plain bool that its read loop looks at.
//
//hb:expect variable=Client.running what=field missing=siblings|unjoined|observed-nothing fits=atomic|close-channel|mutex
package main

import (
	"fmt"
	"time"
)

type Client struct {
	running bool
	lines   int
	ended   chan struct{}
}

func (c *Client) readLoop() {
	defer close(c.ended)
	for c.running { // race: a
		c.lines++
		time.Sleep(time.Millisecond)
	}
}

func (c *Client) Stop() {
	c.running = false // race: b
	<-c.ended
}

func main() {
	c := &Client{running: true, ended: make(chan struct{})}
	go c.readLoop()
	time.Sleep(3 * time.Millisecond)
	c.Stop()
	fmt.Println(c.lines >= 0)
}
