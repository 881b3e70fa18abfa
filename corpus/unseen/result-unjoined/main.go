// The result of a lookup is read after a sleep.
//
//hb:expect variable=addr what=string missing=unjoined|polling fits=channel|waitgroup|mutex
package main

import (
	"fmt"
	"time"
)

func resolve(name string) string { return name + ":53" }

func main() {
	var addr string
	go func() {
		addr = resolve("dns") // race: a
	}()
	time.Sleep(20 * time.Millisecond)
	fmt.Println(addr != "x") // race: b
}
