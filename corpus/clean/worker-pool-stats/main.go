// Each worker counts for itself and hands its count in at the end.
//
//hb:case clean row=5,13 pattern=worker-pool
package main

import (
	"fmt"
	"sync"
)

type stats struct {
	processed int
	longest   int
}

func main() {
	jobs := make(chan string)
	perWorker := make([]stats, 3)
	var wg sync.WaitGroup
	for w := range perWorker {
		wg.Go(func() {
			own := &perWorker[w]
			for job := range jobs {
				own.processed++
				own.longest = max(own.longest, len(job))
			}
		})
	}
	for _, job := range []string{"a", "bb", "ccc", "dddd", "eeeee"} {
		jobs <- job
	}
	close(jobs)
	wg.Wait()
	var total stats
	for _, s := range perWorker {
		total.processed += s.processed
		total.longest = max(total.longest, s.longest)
	}
	fmt.Println(total)
}
