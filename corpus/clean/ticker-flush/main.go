// A goroutine that owns its buffer flushes it at every tick and once more at the end.
//
//hb:case clean row=20 pattern=worker-pool
package main

import (
	"fmt"
	"time"
)

func main() {
	lines := make(chan string)
	flushed := make(chan []string, 16)
	go func() {
		defer close(flushed)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		var pending []string
		for {
			select {
			case line, ok := <-lines:
				if !ok {
					flushed <- pending
					return
				}
				pending = append(pending, line)
			case <-ticker.C:
				if len(pending) > 0 {
					flushed <- pending
					pending = nil
				}
			}
		}
	}()
	for i := range 5 {
		lines <- fmt.Sprint("line ", i)
		time.Sleep(500 * time.Microsecond)
	}
	close(lines)
	n := 0
	for batch := range flushed {
		n += len(batch)
	}
	fmt.Println(n)
}
