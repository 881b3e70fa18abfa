// With room for two it is no lock.
//
//hb:allowed 1|2
//hb:races n
package main

import "fmt"

func main() {
	limit := make(chan int, 2)
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
