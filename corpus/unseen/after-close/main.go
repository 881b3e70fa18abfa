// A status is set after the channel that says it is there was closed.
//
//hb:expect variable=Job.status what=string missing=after-release fits=before-release|own-copy
package main

import "fmt"

type Job struct {
	ready  chan struct{}
	status string
}

func (j *Job) run() {
	close(j.ready)
	j.status = "running" // race: a
}

func (j *Job) wait() string {
	<-j.ready
	return j.status // race: b
}

func main() {
	j := &Job{ready: make(chan struct{})}
	got := make(chan string)
	go func() { got <- j.wait() }()
	j.run()
	fmt.Println(len(<-got) >= 0)
}
