// The interpreter runs generated programs: real goroutines make real accesses and use real channels and locks, in exactly
// the order of events that each program fixes. What is run comes as numbers on standard input (crates/conformance/src/interpreted/script.rs
// writes them); what happened goes as lines to standard output.
//
// The order is kept by functions that are not instrumented, on variables that are not atomic, on a single processor: so keeping it
// orders nothing in the eyes of the race detector. Whatever it is meant to see is in access.go and objects.go.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
)

// A step is an event of a program, or the first part of one: the call of somebody who is to be waiting already.
type step struct {
	g, code, event int32
	a, b, c        int64
}

// A program is steps in their order.
type program struct {
	words      int64
	goroutines int32
	// Those that are started.
	started int32
	steps      []step
	// next[k] is the next step of the goroutine whose step k is, or -1; first[g] is the first of goroutine g.
	next, first []int32
}

// A round is one execution of a program: in which memory, and what happens before and after it.
type round struct {
	memory, join, warm, driver, offset int64
	seed                               uint64
}

// What happened, in fixed memory: nothing is allocated while a program runs.
type note struct {
	kind         byte
	round, event int32
	a            [6]uint64
}

var (
	notes    [1 << 16]note
	noted    int
	reported int
)

//go:norace
func tell(kind byte, event int32, a [6]uint64) {
	if noted == len(notes) {
		fail("more notes than there is room for")
	}
	notes[noted] = note{kind, now.number, event, a}
	noted++
}

// numbers reads what is to be run.
type numbers struct{ text []byte }

func (n *numbers) next() int64 {
	for n.text[0] == ' ' || n.text[0] == '\n' {
		n.text = n.text[1:]
	}
	sign, value := int64(1), int64(0)
	if n.text[0] == '-' {
		sign, n.text = -1, n.text[1:]
	}
	for len(n.text) > 0 && n.text[0] >= '0' && n.text[0] <= '9' {
		value = value*10 + int64(n.text[0]-'0')
		n.text = n.text[1:]
	}
	return sign * value
}

func (n *numbers) program() *program {
	p := &program{words: n.next(), goroutines: int32(n.next()), started: 1}
	p.steps = make([]step, n.next())
	p.next = make([]int32, len(p.steps))
	p.first = make([]int32, p.goroutines)
	for g := range p.first {
		p.first[g] = -1
	}
	last := make([]int32, p.goroutines)
	for k := range p.steps {
		s := step{int32(n.next()), int32(n.next()), int32(n.next()), n.next(), n.next(), n.next()}
		p.steps[k], p.next[k] = s, -1
		if s.code == opGo {
			p.started++
		}
		if p.first[s.g] < 0 {
			p.first[s.g] = int32(k)
		} else {
			p.next[last[s.g]] = int32(k)
		}
		last[s.g] = int32(k)
	}
	return p
}

func main() {
	runtime.GOMAXPROCS(1)
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	n := &numbers{text}
	begin()
	number := int32(0)
	for range n.next() {
		p := n.program()
		for range n.next() {
			r := round{n.next(), n.next(), n.next(), n.next(), n.next(), uint64(n.next())}
			play(p, r, number)
			number++
		}
	}
	out := bufio.NewWriter(os.Stdout)
	for i := range noted {
		fmt.Fprintln(out, string(notes[i].kind), notes[i].round, notes[i].event, fmt.Sprint(notes[i].a[:]))
	}
	fmt.Fprintln(out, "end")
	out.Flush()
}

func fail(what string) {
	fmt.Println("failed:", what)
	os.Exit(3)
}
