// The capacity of a channel is no message: asking for it orders nothing with whoever uses the channel.
//
//hb:case racy row=5 pattern=worker-pool
//hb:expect variable=batchSize what=variable missing=unjoined fits=atomic|before-go
package main

import "fmt"

func main() {
	batchSize := 1
	queue := make(chan int, 8)
	done := make(chan struct{})
	go func() {
		if cap(queue) > 4 {
			batchSize = cap(queue) / 2 // race: a
		}
		close(done)
	}()
	used := 0
	if cap(queue) > 4 {
		used = batchSize // race: b
	}
	<-done
	fmt.Println(used > 0)
}
