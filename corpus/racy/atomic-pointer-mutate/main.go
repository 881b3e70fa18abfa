// The struct is published by an atomic store and changed in place afterwards.
//
//hb:case racy row=16 pattern=pointer-publication
//hb:expect variable=Config.Timeout what=field missing=after-release fits=own-copy|atomic-pointer
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

type Config struct {
	Addr    string
	Timeout int
}

func main() {
	var current atomic.Pointer[Config]
	done := make(chan int)
	go func() {
		cfg := current.Load()
		for ; cfg == nil; cfg = current.Load() {
			runtime.Gosched()
		}
		done <- cfg.Timeout // race: a
	}()
	cfg := &Config{Addr: ":80"}
	current.Store(cfg)
	cfg.Timeout = 30 // race: b
	fmt.Println(<-done <= 30)
}
