// Package testing: tests run one after the other, parallel ones together at the end of what started them.
package testing

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

type TB interface {
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Helper()
	Log(args ...any)
	Logf(format string, args ...any)
	Name() string
}

type T struct {
	name     string
	parent   *T
	failed   atomic.Bool
	signal   chan bool
	start    chan bool
	waiting  []*T
	parallel bool
	cleanups []func()
}

var failed atomic.Bool

func (t *T) fail() {
	for up := t; up != nil; up = up.parent {
		up.failed.Store(true)
	}
	failed.Store(true)
}

func (t *T) Name() string                      { return t.name }
func (t *T) Helper()                           {}
func (t *T) Log(args ...any)                   {}
func (t *T) Logf(format string, args ...any)   {}
func (t *T) Error(args ...any)                 { t.fail() }
func (t *T) Errorf(format string, args ...any) { t.fail() }
func (t *T) Fail()                             { t.fail() }
func (t *T) Failed() bool                      { return t.failed.Load() }
func (t *T) FailNow()                          { t.fail(); runtime.Goexit() }
func (t *T) Fatal(args ...any)                 { t.FailNow() }
func (t *T) Fatalf(format string, args ...any) { t.FailNow() }
func (t *T) Skip(args ...any)                  { runtime.Goexit() }
func (t *T) SkipNow()                          { runtime.Goexit() }
func (t *T) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }

func (t *T) Parallel() {
	t.parallel = true
	t.parent.waiting = append(t.parent.waiting, t)
	t.signal <- true
	<-t.start
}

func run(t *T, f func(*T)) {
	defer func() {
		for _, sub := range t.waiting {
			sub.start <- true
		}
		for _, sub := range t.waiting {
			<-sub.signal
		}
		for i := len(t.cleanups) - 1; i >= 0; i-- {
			t.cleanups[i]()
		}
		t.signal <- true
	}()
	f(t)
}

func (t *T) Run(name string, f func(*T)) bool {
	sub := &T{name: t.name + "/" + name, parent: t, signal: make(chan bool), start: make(chan bool)}
	go run(sub, f)
	<-sub.signal
	return !sub.failed.Load()
}

var root = &T{signal: make(chan bool, 1)}

func runOne(name string, f func(*T)) {
	t := &T{name: name, parent: root, signal: make(chan bool), start: make(chan bool)}
	go run(t, f)
	<-t.signal
	if !t.parallel && t.failed.Load() {
		fmt.Println("--- FAIL: " + name)
	}
}

func finish() {
	for _, t := range root.waiting {
		t.start <- true
	}
	for _, t := range root.waiting {
		<-t.signal
	}
	if failed.Load() {
		fmt.Println("FAIL")
		os.Exit(1)
	}
	fmt.Println("PASS")
}

func Short() bool   { return false }
func Verbose() bool { return false }
