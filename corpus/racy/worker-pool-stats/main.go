// The jobs are handed out and collected by channels; the statistics beside them are forgotten.
//
//hb:case racy row=5 pattern=worker-pool
//hb:expect variable=Stats.processed what=field missing=siblings fits=atomic|mutex
package main

import "fmt"

type Stats struct {
	processed int
}

type Pool struct {
	stats   Stats
	started chan bool
	jobs    chan int
	results chan int
}

func (p *Pool) worker() {
	p.started <- true
	job := <-p.jobs
	p.stats.processed++ // race: a b
	p.results <- job * job
}

func main() {
	p := &Pool{started: make(chan bool), jobs: make(chan int), results: make(chan int, 2)}
	for range 2 {
		go p.worker()
	}
	<-p.started
	<-p.started
	p.jobs <- 3
	p.jobs <- 4
	fmt.Println(<-p.results + <-p.results)
}
