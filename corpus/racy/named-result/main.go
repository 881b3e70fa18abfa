// The function sets its named result and returns it; a goroutine that it left behind sets it too.
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
	return                             // race: b
}

func main() {
	saved := make(chan bool)
	_ = save(saved)
	<-saved
	fmt.Println("saved")
}
