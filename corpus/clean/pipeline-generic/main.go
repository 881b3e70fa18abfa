// A generic pipeline of stages; each value belongs to the stage that holds it.
//
//hb:case clean row=5,7 pattern=worker-pool
package main

import "fmt"

type box[T any] struct{ value T }

func stage[T any](in <-chan *box[T], f func(T) T) <-chan *box[T] {
	out := make(chan *box[T], 2)
	go func() {
		defer close(out)
		for b := range in {
			b.value = f(b.value)
			out <- b
		}
	}()
	return out
}

func main() {
	source := make(chan *box[int])
	go func() {
		defer close(source)
		for i := range 10 {
			b := &box[int]{}
			b.value = i
			source <- b
		}
	}()
	doubled := stage(source, func(n int) int { return 2 * n })
	sum := 0
	for b := range stage(doubled, func(n int) int { return n + 1 }) {
		sum += b.value
		b.value = 0
	}
	fmt.Println(sum)
}
