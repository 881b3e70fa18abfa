// Thousands of short goroutines, each ordered with the next through one channel; stacks and identities are used again.
//
//hb:case clean row=3,5 pattern=counter
package main

import "fmt"

func deep(n int) int {
	var pad [64]int
	pad[n%64] = n
	if n == 0 {
		return pad[0]
	}
	return deep(n-1) + pad[n%64] - n + 1
}

func main() {
	token := make(chan *int)
	count := 0
	go func() { token <- &count }()
	for i := range 3000 {
		go func() {
			c := <-token
			if i%100 == 0 {
				*c += deep(40) - 40
			}
			*c++
			token <- c
		}()
		if i%50 == 49 {
			c := <-token
			go func() { token <- c }()
		}
	}
	for {
		c := <-token
		if *c == 3000 {
			fmt.Println(*c)
			return
		}
		go func() { token <- c }()
	}
}
