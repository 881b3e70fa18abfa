// ref/mem, Once: twoprint prints twice.
//
//hb:allowed hello, world\nhello, world
//hb:races none
package main

import (
	"fmt"
	"sync"
)

var a string
var once sync.Once
var wg sync.WaitGroup

func setup() {
	a = "hello, world"
}

func doprint() {
	defer wg.Done()
	once.Do(setup)
	fmt.Println(a)
}

func main() {
	wg.Add(2)
	go doprint()
	go doprint()
	wg.Wait()
}
