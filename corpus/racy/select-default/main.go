// The default case is taken, so nothing was received and nothing is ordered; the data is used all the same.
//
//hb:case racy row=9 pattern=hot-config
//hb:expect variable=rates what=map missing=observed-nothing fits=channel
package main

import (
	"fmt"
	"time"
)

func main() {
	rates := map[string]float64{}
	asked := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		rates["EUR"] = 1.08 // race: a
		<-asked
		close(ready)
	}()
	time.Sleep(5 * time.Millisecond)
	select {
	case <-ready:
	default:
		fmt.Println("rates may be stale")
	}
	eur := rates["EUR"] // race: b
	close(asked)
	<-ready
	fmt.Println(eur < 2)
}
