// The end of a program, as the runtime of hb wants it: goroutines that can run do so before the
// verdict.
//
// Go ends a program when main returns or somebody calls os.Exit, whatever its other goroutines
// are about to do; so a race with a goroutine that was started last would be seen in few runs.
// Here the goroutine that ends the program first looks whether another one can run. If none can,
// it goes on at once. Otherwise it gives its processor away for good and becomes an observer of
// the scheduler, as sysmon is one, until nobody runs or is about to, or the time is over.

//go:build race

package runtime

import "internal/runtime/atomic"

const (
	// hbEndLimit is how long a program's end is put off at most, in nanoseconds: as long as the
	// stock detector always waits.
	hbEndLimit = 1e9
	// hbEndSoon is what is soon for timers: one that is due later is not waited for.
	hbEndSoon = 250e6
	// hbEndSystem is how long the observer waits for what the system may do: a file or connection
	// that becomes ready, a system call or call of C that returns.
	hbEndSystem = 5e6
)

// hbending says whether the program is about to end.
var hbending atomic.Uint32

// hbend lets other goroutines run, in the place where the program would end with the status code.
// It returns if none of them can. Otherwise it ends the program itself.
func hbend(code int) {
	limit := hbEndWish()
	if limit == 0 {
		hbleave(code)
		return
	}
	begin := nanotime()
	end := begin + hbEndLimit
	// Who panics already may finish that, and ends the program, as main lets them in later
	// versions of Go.
	for getg()._panic == nil && runningPanicDefers.Load() != 0 && nanotime() < end {
		Gosched()
	}
	if panicking.Load() != 0 || !hbending.CompareAndSwap(0, 1) {
		// Somebody else ends the program.
		hbpark()
	}
	if limit > 0 {
		end = begin + limit
	} else if hbnobody(end) {
		hbleave(code)
		return
	}
	hbobserve(code, limit > 0, begin, end)
}

// hbobserve gives the processor away and observes. It never returns, as the goroutine might then
// have to wait for a processor, which somebody who does not rest may hold.
func hbobserve(code int, whole bool, begin, end int64) {
	entersyscallblock()
	systemstack(func() {
		if whole {
			hbsleep(end)
		} else {
			hbuntilrest(begin, end)
		}
		hbverdict(code)
		exit(int32(code))
	})
}

// hbleave tells the runtime of hb that the program ends with a status other than 0, of which
// racefini is not told.
func hbleave(code int) {
	if code != 0 {
		hbverdict(code)
	}
}

// hbstop is called by a goroutine that is about to end the program by a panic or a fatal error.
// When the program is about to end already, its status is decided: without hb, the goroutine
// would not have come to this. So it stops here.
//
//go:nosplit
func hbstop() {
	if hbending.Load() == 0 {
		return
	}
	if gp := getg(); gp == gp.m.curg && !gp.throwsplit && gp.m.locks == 0 {
		hbpark()
	}
}

// hbpark stops the goroutine for good, which runs on a processor, so with write barriers.
//
//go:yeswritebarrierrec
func hbpark() {
	gopark(nil, nil, waitReasonPanicWait, traceBlockForever, 1)
}

// hbnobody reports whether no other goroutine can run until end. The caller has a processor.
func hbnobody(end int64) bool {
	nobody := false
	own := getg().m
	systemstack(func() {
		first := hblook(own)
		if first.rests(end) && !first.waits {
			// A goroutine that runs may have been where the first look had been already.
			second := hblook(own)
			nobody = second.rests(end) && !second.waits && first.turns == second.turns
		}
	})
	return nobody
}

// hbuntilrest returns when nobody runs or is about to, or at end.
//
//go:nowritebarrierrec
func hbuntilrest(begin, end int64) {
	const shortest, longest = 20e3, 1e6
	pause := int64(shortest)
	moved := begin // when somebody was last seen to run
	turns := ^uint64(0)
	for {
		before := nanotime()
		look := hblook(nil)
		now := nanotime()
		if now >= end {
			return
		}
		due := look.due
		if look.busy || look.turns != turns || due <= now {
			turns, moved = look.turns, now
			// A look at many timers takes its time.
			pause = max(pause, now-before)
			due = now + pause
			pause = min(2*pause, longest)
		} else {
			pause = shortest
			if due > min(now+hbEndSoon, end) {
				if !look.waits || now-moved >= hbEndSystem {
					return
				}
				due = moved + hbEndSystem
			}
			// Something else may come first.
			due = min(due, now+longest)
		}
		hbsleep(min(due, end))
	}
}

// hbsleep waits until when.
//
//go:nowritebarrierrec
func hbsleep(when int64) {
	for now := nanotime(); now < when; now = nanotime() {
		usleep(uint32(min(when-now+999, 1e9) / 1000))
	}
}

// hbstate is what a look at the scheduler shows.
type hbstate struct {
	busy  bool   // a goroutine runs or is about to
	waits bool   // one waits for the system
	due   int64  // when the next timer is due
	turns uint64 // how often processors turned to another goroutine
}

// rests reports whether nobody runs and no timer is due soon.
func (s *hbstate) rests(end int64) bool {
	return !s.busy && s.due > min(nanotime()+hbEndSoon, end)
}

// hblook looks at the scheduler, on behalf of the thread own if that has a processor.
//
//go:nowritebarrierrec
func hblook(own *m) hbstate {
	look := hbstate{due: maxWhen}
	if netpollinited() {
		if list, delta := netpoll(0); !list.empty() {
			injectglist(&list)
			netpollAdjustWaiters(delta)
			look.busy = true
		}
		look.waits = netpollAnyWaiters()
	}
	lock(&allpLock)
	for _, pp := range allp {
		if pp != nil {
			look.due = min(look.due, hbdue(&pp.timers))
		}
	}
	unlock(&allpLock)

	lock(&sched.lock)
	for gp := sched.runq.head.ptr(); gp != nil && !look.busy; gp = gp.schedlink.ptr() {
		look.busy = hbcounts(gp)
	}
	for _, pp := range allp {
		if pp == nil {
			continue
		}
		look.turns += uint64(pp.schedtick) + uint64(pp.syscalltick)
		mp := pp.m.ptr()
		if mp == own && own != nil {
			look.busy = look.busy || hbqueued(pp)
		} else if !idlepMask.read(uint32(pp.id)) {
			// A thread without a goroutine looks for one, or has found it.
			look.busy = look.busy || mp == nil || mp.curg == nil || hbcounts(mp.curg) ||
				hbqueued(pp)
		}
	}
	called := 0
	for mp := allm; mp != nil; mp = mp.alllink {
		gp := mp.curg
		if gp == nil || mp == getg().m || mp.isextra {
			continue
		}
		if readgstatus(gp)&^_Gscan == _Gsyscall {
			called++
		}
	}
	// The goroutine of os/signal waits in a system call, so to speak.
	if sig.state.Load() == sigReceiving {
		called--
	}
	unlock(&sched.lock)
	look.waits = look.waits || called > 0
	return look
}

// hbqueued reports whether a goroutine waits for the processor pp.
//
//go:nowritebarrierrec
func hbqueued(pp *p) bool {
	if gp := pp.runnext.ptr(); gp != nil && hbcounts(gp) {
		return true
	}
	for i, end := atomic.Load(&pp.runqhead), atomic.Load(&pp.runqtail); i != end; i++ {
		if gp := pp.runq[i%uint32(len(pp.runq))].ptr(); gp != nil && hbcounts(gp) {
			return true
		}
	}
	return false
}

// hbcounts reports whether gp, which runs or is about to, may run what the user wrote.
//
//go:nowritebarrierrec
func hbcounts(gp *g) bool {
	return !isSystemGoroutine(gp, true)
}

// hbdue returns when the next of the timers is due. Stopped ones stay among them for a while, and
// the collector has one of its own.
//
//go:nowritebarrierrec
func hbdue(ts *timers) int64 {
	due := int64(maxWhen)
	if ts.len.Load() == 0 {
		return due
	}
	ts.lock()
	for _, tw := range ts.heap {
		t := tw.timer
		state := t.astate.Load()
		if state&timerZombie != 0 || t == scavenger.timer {
			continue
		}
		when := tw.when
		if state&timerModified != 0 {
			when = t.when
		}
		due = min(due, when)
	}
	ts.unlock()
	return due
}
