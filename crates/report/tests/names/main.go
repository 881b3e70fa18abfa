// Races whose lines name other things than the variable that races: `hb run . KIND` shows one. The recordings beside this file are of these.
package main

import (
	"math/rand"
	"os"
	"sync"
)

type Page struct {
	Title string
	Tags  []string
	meta
}

type meta struct{ views int }

type count int

func (c *count) inc() { *c++ }

type Box[T any] struct{ value T }

func (b *Box[T]) put(v T) { b.value = v }

var (
	x     int
	total count
	a, b  = 1, 2
	level = 3
)

// The int that p points to is x, not done.
func oneLine(p *int) {
	done := make(chan bool)
	go func() { *p++; done <- true }()
	*p++
	<-done
}

// The int has no name: it is what p points to, not wg.
func waitGroup(p *int) {
	var wg sync.WaitGroup
	wg.Go(func() { *p++ })
	*p++
	wg.Wait()
}

// The string is s of the caller, not v.
func storeOne(p *string, v string) { *p = v }

func assigned() {
	s, k := "a", "b"
	done := make(chan bool)
	go func() { storeOne(&s, k); done <- true }()
	storeOne(&s, "other")
	<-done
}

// The pointer p, not what it points to and not b.
func pointer() {
	n, other := 1, 2
	p := &n
	done := make(chan bool)
	go set(&p, &other, done)
	*p = other
	<-done
}

func set(pp **int, v *int, done chan bool) { *pp = v; done <- true }

// total, declared above as a count.
func receiver() {
	done := make(chan bool)
	go func() { total.inc(); done <- true }()
	total.inc()
	<-done
}

// An element of the array s, a uint8.
func array() {
	s := [3]uint8{1, 2, 3}
	done := make(chan bool)
	go func() { s[0] = 4; done <- true }()
	s[0] = 5
	<-done
}

// The pointer r, a *rand.Rand.
func standard() {
	r := rand.New(rand.NewSource(1))
	done := make(chan bool)
	go func() { r = nil; done <- true }()
	if r == nil {
		println("none")
	}
	<-done
}

// An element of the field Tags, not p.
func sliceOfField() {
	p := &Page{Tags: make([]string, 2)}
	done := make(chan bool)
	go func() { p.Tags[0] = "y"; done <- true }()
	p.Tags[0] = "z"
	<-done
}

// The field views of the embedded meta, an int.
func embedded() {
	p := &Page{}
	done := make(chan bool)
	go func() { p.views++; done <- true }()
	p.views++
	<-done
}

// a of the two that are set together.
func multiple() {
	done := make(chan bool)
	go func() { a, b = b, a; done <- true }()
	if a == 0 {
		println("zero")
	}
	<-done
}

// The package's level, through a parameter of the same name.
func shadowed(level *int) {
	done := make(chan bool)
	go func() { *level = 4; done <- true }()
	*level = 5
	<-done
}

// The field of a generic type.
func generic() {
	b := &Box[string]{}
	done := make(chan bool)
	go func() { b.put("x"); done <- true }()
	b.put("y")
	<-done
}

// A named result.
func named() (err error) {
	done := make(chan bool)
	go func() { err = os.ErrClosed; done <- true }()
	err = os.ErrExist
	<-done
	return err
}

func main() {
	switch os.Args[1] {
	case "oneline":
		oneLine(&x)
	case "waitgroup":
		waitGroup(new(int))
	case "assigned":
		assigned()
	case "pointer":
		pointer()
	case "receiver":
		receiver()
	case "array":
		array()
	case "standard":
		standard()
	case "slice-of-field":
		sliceOfField()
	case "embedded":
		embedded()
	case "multiple":
		multiple()
	case "shadowed":
		shadowed(&level)
	case "generic":
		generic()
	case "named":
		_ = named()
	}
}
