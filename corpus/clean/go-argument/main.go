// What was written before the go statement is visible in the goroutine, be it through an argument or a captured variable.
//
//hb:case clean row=3
package main

import "fmt"

type job struct {
	id   int
	name string
}

func process(j *job, out chan<- string) {
	out <- fmt.Sprintf("%d:%s", j.id, j.name)
}

func main() {
	out := make(chan string)
	j := &job{id: 1}
	j.name = "resize"
	prefix := "job "
	prefix += "#"
	go process(j, out)
	go func() { out <- prefix }()
	a, b := <-out, <-out
	fmt.Println(len(a) + len(b))
}
