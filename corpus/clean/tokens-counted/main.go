// Workers give back a token each when they are done; main takes as many as there are workers. Tokens of no size share no memory,
// and each still stands for one worker.
//
//hb:case clean row=5 pattern=done-flag
package main

import "fmt"

func main() {
	const workers = 8
	results := make([]int, workers)
	done := make(chan struct{}, 3)
	for i := range workers {
		go func() {
			results[i] = i * i
			done <- struct{}{}
		}()
	}
	// Half of them are counted by a goroutine of its own.
	half := make(chan struct{}, 1)
	go func() {
		for range workers / 2 {
			<-done
		}
		half <- struct{}{}
	}()
	for range workers / 2 {
		<-done
	}
	<-half
	fmt.Println(results)
}
