// A field that the goroutine reads is set after its go statement.
//
//hb:expect variable=task.retries what=field missing=unjoined fits=before-go|channel
package main

import "fmt"

type task struct {
	name    string
	retries int
}

func main() {
	t := &task{name: "sync"}
	done := make(chan int)
	go func() {
		done <- t.retries // race: a
	}()
	t.retries = 3 // race: b
	fmt.Println(<-done >= 0)
}
