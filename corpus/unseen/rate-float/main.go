// A moving average is updated by every request.
//
//hb:expect variable=average what=variable missing=siblings fits=mutex|channel
package main

import (
	"fmt"
	"sync"
)

var average float64

func observe(v float64) {
	average = average*0.9 + v*0.1 // race: a b
}

func main() {
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() { observe(float64(i + 1)) })
	}
	wg.Wait()
	fmt.Println(average > 0)
}
