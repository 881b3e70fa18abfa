// The caller gives up when its context ends and looks at the partial result, which the worker, unaware, still writes.
//
//hb:case racy row=19,4 pattern=result
//hb:expect variable=rows what=variable missing=unjoined fits=channel|mutex
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
	defer cancel()
	rows := 0
	finished := make(chan struct{})
	go func() {
		time.Sleep(4 * time.Millisecond) // a slow query
		rows = 100                       // race: a
		close(finished)
	}()
	<-ctx.Done()
	partial := rows // race: b
	<-finished
	fmt.Println(partial <= rows)
}
