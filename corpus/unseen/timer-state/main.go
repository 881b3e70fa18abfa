// A timer sets a state that its owner reads.
//
//hb:expect variable=expired what=variable missing=callback fits=atomic|close-channel|mutex|channel
package main

import (
	"fmt"
	"time"
)

func main() {
	expired := false
	time.AfterFunc(time.Millisecond, func() {
		expired = true // race: a
	})
	time.Sleep(20 * time.Millisecond)
	fmt.Println(expired || !expired) // race: b
}
