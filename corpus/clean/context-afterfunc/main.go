// AfterFunc's function runs after cancel; a child's Done is closed by its parent's cancel; the cause and values travel along.
//
//hb:case clean row=19 pattern=shutdown
package main

import (
	"context"
	"errors"
	"fmt"
)

type key struct{}

func main() {
	user := &struct{ name string }{}
	user.name = "ann"
	parent, cancel := context.WithCancelCause(context.WithValue(context.Background(), key{}, user))
	child, stop := context.WithCancel(parent)
	defer stop()
	status := "running"
	logged := make(chan string)
	context.AfterFunc(child, func() { logged <- status })
	go func() {
		<-child.Done()
		logged <- child.Value(key{}).(*struct{ name string }).name + " " + context.Cause(child).Error()
	}()
	status = "stopping"
	cancel(errors.New("out of disk"))
	fmt.Println(len(<-logged) + len(<-logged))
}
