// A coroutine switch orders: next runs the iterator's body as if it were a call, in whichever goroutine calls it.
//
//hb:case clean row=24
package main

import (
	"fmt"
	"iter"
)

func fibonacci(produced *int) iter.Seq[int] {
	return func(yield func(int) bool) {
		a, b := 0, 1
		for yield(a) {
			a, b = b, a+b
			*produced++
		}
	}
}

func main() {
	produced := 0
	next, stop := iter.Pull(fibonacci(&produced))
	sum := 0
	for range 5 {
		v, _ := next()
		sum += v
		produced += 10
	}
	handed := make(chan int)
	go func() {
		v, _ := next()
		produced++
		handed <- v
	}()
	sum += <-handed
	stop()
	fmt.Println(sum, produced)
}
