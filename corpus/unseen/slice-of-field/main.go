// An element of a slice in a struct is set by one and read by another.
//
//hb:expect variable=Page.Tags what=element missing=unjoined|siblings fits=mutex|channel
package main

import "fmt"

type Page struct {
	Title string
	Tags  []string
}

func tag(p *Page, done chan<- bool) {
	p.Tags[0] = "draft" // race: a
	done <- true
}

func main() {
	p := &Page{Tags: make([]string, 2)}
	done := make(chan bool)
	go tag(p, done)
	s := p.Tags[0] // race: b
	<-done
	fmt.Println(len(s) >= 0)
}
