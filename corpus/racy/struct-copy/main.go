// A copy of the whole struct reads every field, also the one that another goroutine is writing.
//
//hb:case racy row=23 pattern=worker-pool
//hb:expect variable=stats.errors what=field missing=unjoined fits=mutex|atomic
package main

import "fmt"

type stats struct {
	started, finished int
	bytes             [4]int64
	errors            int
}

func main() {
	s := &stats{started: 1}
	done := make(chan struct{})
	go func() {
		s.errors = 1 // race: a
		close(done)
	}()
	snapshot := *s // race: b
	<-done
	fmt.Println(snapshot.started, s.errors)
}
