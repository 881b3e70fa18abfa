// A goroutine assigns the err of the function that started it, which goes on using it.
//
//hb:expect variable=err what=interface missing=unjoined|siblings fits=own-copy|channel|mutex
package main

import (
	"errors"
	"fmt"
	"os"
)

func open(name string) error {
	if name == "" {
		return errors.New("no name")
	}
	return nil
}

func main() {
	ended := make(chan bool)
	_, err := os.Stat("/")
	go func() {
		err = open("relay") // race: a
		ended <- true
	}()
	err = open("server") // race: b
	<-ended
	fmt.Println(err == nil)
}
