// The goroutine assigns to the err of the function around it, instead of declaring its own.
//
//hb:case racy row=3 pattern=result
//hb:expect variable=err what=interface missing=unjoined fits=own-copy|channel
package main

import (
	"fmt"
	"strconv"
)

func main() {
	port, err := strconv.Atoi("8080")
	if err != nil {
		panic(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err = strconv.Atoi("not a number") // race: a
	}()
	timeout, err := strconv.Atoi("30") // race: b
	<-done
	fmt.Println(port, timeout, err != nil || err == nil)
}
