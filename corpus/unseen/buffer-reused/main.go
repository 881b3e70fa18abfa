// A buffer is filled again before the one who got it has read it.
//
//hb:expect variable=buf what=element missing=after-release|unjoined|siblings|buffered-receive fits=own-copy|channel|before-release|mutex
package main

import "fmt"

func main() {
	packets := make(chan []byte, 1)
	sums := make(chan int)
	go func() {
		sum := 0
		for _, b := range <-packets { // race: a
			sum += int(b)
		}
		sums <- sum
	}()
	buf := make([]byte, 4)
	buf[0] = 1
	packets <- buf
	buf[0] = 2 // race: b
	fmt.Println(<-sums > 0)
}
