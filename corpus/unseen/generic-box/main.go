// A generic box is filled by a goroutine and read by its owner.
//
//hb:expect variable=Box.value what=string missing=unjoined|siblings fits=mutex|rwmutex|channel
package main

import "fmt"

type Box[T any] struct {
	value T
	full  bool
}

func (b *Box[T]) Put(v T) {
	b.value = v // race: a
}

func (b *Box[T]) Get() T {
	return b.value // race: b
}

func main() {
	b := &Box[string]{}
	done := make(chan bool)
	go func() {
		b.Put("full")
		done <- true
	}()
	s := b.Get()
	<-done
	fmt.Println(len(s) >= 0)
}
