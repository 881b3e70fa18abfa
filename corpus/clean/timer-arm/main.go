// What comes before AfterFunc or Reset is visible to the function when it fires, and a receive from a timer's channel
// orders with what the function of an earlier send did.
//
//hb:case clean row=20
package main

import (
	"fmt"
	"time"
)

type reminder struct {
	text string
	sent int
}

func main() {
	r := &reminder{}
	r.text = "stand up"
	fired := make(chan int)
	t := time.AfterFunc(time.Millisecond, func() {
		r.sent++
		fired <- len(r.text)
	})
	first := <-fired
	r.text = "sit down again"
	t.Reset(time.Millisecond)
	second := <-fired
	r.sent++
	fmt.Println(first, second, r.sent)
}
