package main

import "unsafe"

// A channel has elements of one of four sizes; the others are nil.
type channel struct {
	none  chan struct{}
	one   chan byte
	eight chan [8]byte
	more  chan [16]byte
}

// never is a channel that nobody uses: with it a select has two cases.
var never = make(chan struct{})

func makeChannel(capacity int, element int64) (c channel) {
	switch element {
	case 0:
		c.none = make(chan struct{}, capacity)
	case 1:
		c.one = make(chan byte, capacity)
	case 8:
		c.eight = make(chan [8]byte, capacity)
	case 16:
		c.more = make(chan [16]byte, capacity)
	}
	return c
}

//go:norace
func (c *channel) address() uintptr {
	for _, p := range (*[4]uintptr)(unsafe.Pointer(c)) {
		if p != 0 {
			return p
		}
	}
	return 0
}

//go:norace
func (c *channel) send(v uint64) {
	switch {
	case c.none != nil:
		send(c.none, v)
	case c.one != nil:
		send(c.one, v)
	case c.eight != nil:
		send(c.eight, v)
	case c.more != nil:
		send(c.more, v)
	}
}

//go:norace
func (c *channel) receive(v uint64) {
	switch {
	case c.none != nil:
		receive(c.none, v)
	case c.one != nil:
		receive(c.one, v)
	case c.eight != nil:
		receive(c.eight, v)
	case c.more != nil:
		receive(c.more, v)
	}
}

//go:norace
func (c *channel) close() {
	switch {
	case c.none != nil:
		closeIt(c.none)
	case c.one != nil:
		closeIt(c.one)
	case c.eight != nil:
		closeIt(c.eight)
	case c.more != nil:
		closeIt(c.more)
	}
}

//go:noinline
func send[T any](c chan T, v uint64) {
	var value T
	switch v % 3 {
	case 0, 1:
		c <- value
	default:
		select {
		case c <- value:
		case <-never:
		}
	}
}

//go:noinline
func receive[T any](c chan T, v uint64) {
	switch v % 4 {
	case 0:
		<-c
	case 1:
		value, ok := <-c
		_, _ = value, ok
	case 2:
		for range c {
			break
		}
	default:
		select {
		case <-c:
		case <-never:
		}
	}
}

//go:noinline
func closeIt[T any](c chan T) { close(c) }

// poll looks at the send cases of two channels, neither of which is ready; cases of nil channels are passed over.
//
//go:noinline
func poll(a, b channel, v uint64) bool {
	if v&1 == 0 && a.one != nil && b == (channel{}) {
		select {
		case a.one <- 0:
			return false
		default:
			return true
		}
	}
	select {
	case a.none <- struct{}{}:
	case a.one <- 0:
	case a.eight <- [8]byte{}:
	case a.more <- [16]byte{}:
	case b.none <- struct{}{}:
	case b.one <- 0:
	case b.eight <- [8]byte{}:
	case b.more <- [16]byte{}:
	default:
		return true
	}
	return false
}
