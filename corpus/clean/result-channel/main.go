// The goroutine's result travels through a channel, beside the struct that it filled before sending.
//
//hb:case clean row=4,5 pattern=result
package main

import (
	"errors"
	"fmt"
)

type result struct {
	sum int
	err error
}

func sum(values []int, out chan<- *result) {
	r := &result{}
	for _, v := range values {
		if v < 0 {
			r.err = errors.New("negative value")
		}
		r.sum += v
	}
	out <- r
}

func main() {
	out := make(chan *result)
	go sum([]int{1, 2, 3}, out)
	go sum([]int{4, 5, 6}, out)
	total := 0
	for range 2 {
		r := <-out
		if r.err != nil {
			panic(r.err)
		}
		r.sum++
		total += r.sum
	}
	fmt.Println(total)
}
