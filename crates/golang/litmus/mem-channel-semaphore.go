// The k-th receive is before the completion of the (k+C)-th send: with room for one, a lock.
//
//hb:allowed 2
//hb:forbidden 1
//hb:races none
package main

import "fmt"

func main() {
	limit := make(chan int, 1)
	done := make(chan bool)
	n := 0
	for range 2 {
		go func() {
			limit <- 1
			n++
			<-limit
			done <- true
		}()
	}
	<-done
	<-done
	fmt.Println(n)
}
