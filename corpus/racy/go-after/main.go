// The field is set after the go statement: only what comes before it is ordered with the goroutine.
//
//hb:case racy row=3
//hb:expect variable=job.priority what=field missing=unjoined fits=before-go|channel
package main

import "fmt"

type job struct {
	id       int
	priority int
}

func main() {
	done := make(chan struct{})
	j := &job{id: 7}
	go func() {
		if j.priority > 3 { // race: a
			fmt.Println("urgent")
		}
		close(done)
	}()
	j.priority = 2 // race: b
	<-done
	fmt.Println("job", j.id)
}
