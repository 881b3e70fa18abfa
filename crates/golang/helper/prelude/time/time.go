// Package time: time has no order. A timer may fire as soon as it is armed, and a sleep may take no time.
package time

import (
	"runtime"
	"strconv"
)

type Duration int64

const (
	Nanosecond  Duration = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

func (d Duration) Seconds() float64    { return float64(d) / 1e9 }
func (d Duration) Milliseconds() int64 { return int64(d) / 1e6 }
func (d Duration) Microseconds() int64 { return int64(d) / 1e3 }
func (d Duration) Nanoseconds() int64  { return int64(d) }

func (d Duration) String() string {
	switch {
	case d == 0:
		return "0s"
	case d%Hour == 0:
		return strconv.Itoa(int(d/Hour)) + "h0m0s"
	case d%Minute == 0:
		return strconv.Itoa(int(d/Minute)) + "m0s"
	case d%Second == 0:
		return strconv.Itoa(int(d/Second)) + "s"
	case d%Millisecond == 0:
		return strconv.Itoa(int(d/Millisecond)) + "ms"
	case d%Microsecond == 0:
		return strconv.Itoa(int(d/Microsecond)) + "µs"
	}
	return strconv.Itoa(int(d)) + "ns"
}

func Sleep(d Duration) { runtime.Gosched() }

// Time is always the same moment: programs whose behaviour depends on the clock are not explored in that.
type Time struct{ at int64 }

func Now() Time                    { return Time{} }
func Since(t Time) Duration        { return 0 }
func Until(t Time) Duration        { return 0 }
func (t Time) Add(d Duration) Time { return Time{t.at + int64(d)} }
func (t Time) Sub(u Time) Duration { return Duration(t.at - u.at) }
func (t Time) After(u Time) bool   { return t.at > u.at }
func (t Time) Before(u Time) bool  { return t.at < u.at }
func (t Time) Equal(u Time) bool   { return t.at == u.at }
func (t Time) IsZero() bool        { return t.at == 0 }
func (t Time) Unix() int64         { return t.at / 1e9 }
func (t Time) UnixNano() int64     { return t.at }

// fire waits for the timer whose word is at p and was armed as gen; false: it was stopped or armed anew.
func fire(p *int, gen int, again bool) bool
func set(p *int, v int) int
func state(p *int) int

type Timer struct {
	C    <-chan Time
	c    chan Time
	f    func()
	word int
	gen  int
}

func wait(t *Timer, gen int) {
	if fire(&t.word, gen, false) {
		if t.f != nil {
			t.f()
			return
		}
		select {
		case t.c <- Time{}:
		default:
		}
	}
}

func (t *Timer) arm() {
	t.gen++
	set(&t.word, t.gen)
	go wait(t, t.gen)
}

func NewTimer(d Duration) *Timer {
	c := make(chan Time, 1)
	t := &Timer{C: c, c: c}
	t.arm()
	return t
}

func AfterFunc(d Duration, f func()) *Timer {
	t := &Timer{f: f}
	t.arm()
	return t
}

func After(d Duration) <-chan Time { return NewTimer(d).C }

func (t *Timer) Stop() bool {
	active := set(&t.word, 0) != 0
	t.drain()
	return active
}

func (t *Timer) Reset(d Duration) bool {
	active := set(&t.word, 0) != 0
	t.drain()
	t.arm()
	return active
}

// drain takes out what fired before: since Go 1.23 no old value is received after Stop or Reset.
func (t *Timer) drain() {
	if t.c != nil {
		select {
		case <-t.c:
		default:
		}
	}
}

type Ticker struct {
	C    <-chan Time
	c    chan Time
	word int
	gen  int
}

func tick(t *Ticker, gen int) {
	for fire(&t.word, gen, true) {
		select {
		case t.c <- Time{}:
		default:
		}
	}
}

func NewTicker(d Duration) *Ticker {
	c := make(chan Time, 1)
	t := &Ticker{C: c, c: c, gen: 1}
	set(&t.word, 1)
	go tick(t, 1)
	return t
}

func Tick(d Duration) <-chan Time { return NewTicker(d).C }

func (t *Ticker) Stop() { set(&t.word, 0) }

func (t *Ticker) Reset(d Duration) {
	t.gen++
	set(&t.word, t.gen)
	go tick(t, t.gen)
}
