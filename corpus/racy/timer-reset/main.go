// The timer is armed again while its function may still be running: two runs of the function are not ordered with each other.
//
//hb:case racy row=20 pattern=counter
//hb:expect variable=attempts what=variable missing=callback fits=atomic|mutex
package main

import (
	"fmt"
	"time"
)

func main() {
	attempts := 0
	tried := make(chan bool, 2)
	retry := time.AfterFunc(time.Millisecond, func() {
		attempts++ // race: a b
		tried <- true
	})
	for len(tried) == 0 {
		time.Sleep(time.Millisecond)
	}
	retry.Reset(time.Millisecond)
	<-tried
	<-tried
	fmt.Println(attempts > 0)
}
