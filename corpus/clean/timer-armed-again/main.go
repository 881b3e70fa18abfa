// A timer is armed by one goroutine after another, each with something to say to the function: it comes after the arming that it is
// the firing of.
//
//hb:case clean row=20 pattern=hot-config
package main

import (
	"fmt"
	"time"
)

func main() {
	var round int
	fired := make(chan int)
	timer := time.AfterFunc(time.Hour, func() { fired <- round })
	timer.Stop()
	for i := range 5 {
		armed := make(chan bool)
		go func() {
			round = i
			timer.Reset(time.Millisecond)
			close(armed)
		}()
		fmt.Println(<-fired)
		<-armed
	}
	ticks := time.NewTicker(time.Hour)
	defer ticks.Stop()
	go func() {
		round = 100
		ticks.Reset(time.Millisecond)
	}()
	<-ticks.C
	fmt.Println(round)
}
