// Package context: a cancel is synchronised before whatever sees it, by the closed channel or by Err.
package context

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

type Context interface {
	Deadline() (deadline time.Time, ok bool)
	Done() <-chan struct{}
	Err() error
	Value(key any) any
}

type CancelFunc func()
type CancelCauseFunc func(cause error)

var Canceled = errors.New("context canceled")
var DeadlineExceeded error = deadlineExceededError{}

type deadlineExceededError struct{}

func (deadlineExceededError) Error() string   { return "context deadline exceeded" }
func (deadlineExceededError) Timeout() bool   { return true }
func (deadlineExceededError) Temporary() bool { return true }

type empty struct{}

func (empty) Deadline() (time.Time, bool) { return time.Time{}, false }
func (empty) Done() <-chan struct{}       { return nil }
func (empty) Err() error                  { return nil }
func (empty) Value(key any) any           { return nil }

func Background() Context { return empty{} }
func TODO() Context       { return empty{} }

type ends struct {
	err   error
	cause error
}

type cancelContext struct {
	parent   Context
	done     chan struct{}
	end      atomic.Pointer[ends]
	mu       sync.Mutex
	children []*cancelContext
	funcs    []*afterFunc
	until    time.Time
	timed    bool
	timer    *time.Timer
}

type afterFunc struct {
	f       func()
	stopped bool
}

func (c *cancelContext) Deadline() (time.Time, bool) {
	if c.timed {
		return c.until, true
	}
	return c.parent.Deadline()
}

func (c *cancelContext) Done() <-chan struct{} { return c.done }

func (c *cancelContext) Err() error {
	if e := c.end.Load(); e != nil {
		return e.err
	}
	return nil
}

type own struct{}

func (c *cancelContext) Value(key any) any {
	if _, ok := key.(own); ok {
		return c
	}
	return c.parent.Value(key)
}

func (c *cancelContext) cancel(err, cause error) {
	if cause == nil {
		cause = err
	}
	c.mu.Lock()
	if c.end.Load() != nil {
		c.mu.Unlock()
		return
	}
	c.end.Store(&ends{err, cause})
	close(c.done)
	children, funcs, timer := c.children, c.funcs, c.timer
	c.children, c.funcs = nil, nil
	c.mu.Unlock()
	for _, child := range children {
		child.cancel(err, cause)
	}
	for _, f := range funcs {
		go f.f()
	}
	if timer != nil {
		timer.Stop()
	}
}

func make_(parent Context) *cancelContext {
	if parent == nil {
		panic("cannot create context from nil parent")
	}
	c := &cancelContext{parent: parent, done: make(chan struct{})}
	if up, ok := parent.Value(own{}).(*cancelContext); ok {
		up.mu.Lock()
		if e := up.end.Load(); e != nil {
			up.mu.Unlock()
			c.cancel(e.err, e.cause)
			return c
		}
		up.children = append(up.children, c)
		up.mu.Unlock()
	} else if done := parent.Done(); done != nil {
		go func() {
			select {
			case <-done:
				c.cancel(parent.Err(), nil)
			case <-c.done:
			}
		}()
	}
	return c
}

func WithCancel(parent Context) (Context, CancelFunc) {
	c := make_(parent)
	return c, func() { c.cancel(Canceled, nil) }
}

func WithCancelCause(parent Context) (Context, CancelCauseFunc) {
	c := make_(parent)
	return c, func(cause error) { c.cancel(Canceled, cause) }
}

func WithTimeout(parent Context, d time.Duration) (Context, CancelFunc) {
	c := make_(parent)
	c.timed, c.until = true, time.Time{}.Add(d)
	c.mu.Lock()
	if c.end.Load() == nil {
		c.timer = time.AfterFunc(d, func() { c.cancel(DeadlineExceeded, nil) })
	}
	c.mu.Unlock()
	return c, func() { c.cancel(Canceled, nil) }
}

func WithDeadline(parent Context, d time.Time) (Context, CancelFunc) {
	return WithTimeout(parent, d.Sub(time.Time{}))
}

func Cause(c Context) error {
	if up, ok := c.Value(own{}).(*cancelContext); ok {
		if e := up.end.Load(); e != nil {
			return e.cause
		}
		return nil
	}
	return c.Err()
}

func AfterFunc(c Context, f func()) (stop func() bool) {
	up, ok := c.Value(own{}).(*cancelContext)
	if !ok {
		return func() bool { return true }
	}
	a := &afterFunc{f: f}
	up.mu.Lock()
	if up.end.Load() != nil {
		up.mu.Unlock()
		go f()
		return func() bool { return false }
	}
	up.funcs = append(up.funcs, a)
	up.mu.Unlock()
	return func() bool {
		up.mu.Lock()
		defer up.mu.Unlock()
		for i, b := range up.funcs {
			if a == b {
				up.funcs = append(append([]*afterFunc(nil), up.funcs[:i]...), up.funcs[i+1:]...)
				return true
			}
		}
		return false
	}
}

type valueContext struct {
	Context
	key, value any
}

func (c *valueContext) Value(key any) any {
	if c.key == key {
		return c.value
	}
	return c.Context.Value(key)
}

func WithValue(parent Context, key, value any) Context { return &valueContext{parent, key, value} }

type detached struct{ c Context }

func (detached) Deadline() (time.Time, bool) { return time.Time{}, false }
func (detached) Done() <-chan struct{}       { return nil }
func (detached) Err() error                  { return nil }
func (d detached) Value(key any) any {
	if _, ok := key.(own); ok {
		return nil
	}
	return d.c.Value(key)
}

func WithoutCancel(parent Context) Context { return detached{parent} }
