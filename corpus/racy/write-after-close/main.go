// The configuration is completed only after the channel that announces it was closed.
//
//hb:case racy row=7 pattern=hot-config
//hb:expect variable=config.retries what=field missing=after-release fits=before-release
package main

import "fmt"

type config struct {
	addr    string
	retries int
}

func main() {
	cfg := &config{}
	loaded := make(chan struct{})
	used := make(chan int)
	go func() {
		<-loaded
		used <- cfg.retries // race: a
	}()
	cfg.addr = "localhost:80"
	close(loaded)
	cfg.retries = 3 // race: b
	fmt.Println(<-used <= 3, cfg.addr)
}
