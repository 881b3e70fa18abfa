// A deferred function sets the named result; a goroutine that the function left behind sets it too.
//
//hb:case racy row=4 pattern=result
//hb:expect variable=err what=interface missing=unjoined fits=own-copy|channel
package main

import (
	"errors"
	"fmt"
)

func save(saved chan<- bool) (err error) {
	go func() {
		err = errors.New("upload failed") // race: a
		saved <- true
	}()
	err = errors.New("not synced yet") // race: b
	return
}

func main() {
	saved := make(chan bool)
	_ = save(saved)
	<-saved
	fmt.Println("saved")
}
