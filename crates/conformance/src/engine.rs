//! What a race detector looks like from Go's side.
//!
//! One method for each call that the instrumented program, the runtime and `sync` make. Addresses and sizes are in
//! bytes. `pc` names the place of an access; the comparison passes the event's number, so an engine that keeps the
//! earlier access's pc can be held to the exact pair.

use hb_model::Kind;

/// A goroutine's context, as `go_start` hands it out. Opaque.
pub type Context = u64;

/// One side of a reported race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessSeen {
    /// Read or write, plain or atomic.
    pub kind: Kind,
    /// The pc passed with the access, if the engine still knows it.
    pub pc: Option<u64>,
}

/// One report: two accesses that both touched `addr..addr+size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaceSeen {
    /// First byte.
    pub addr: u64,
    /// Length in bytes, at least 1.
    pub size: u64,
    /// The access that came first.
    pub first: AccessSeen,
    /// The access that was under way when the race was found.
    pub second: AccessSeen,
}

/// A happens-before engine at the level of the `__tsan_*` ABI.
pub trait Engine: Sized {
    /// The most conflicts that it reports for one access. With fewer it has reported all that it found; with as many,
    /// further ones may have been left out.
    const MOST_REPORTS: usize = usize::MAX;

    /// A fresh engine, and the context of the main goroutine.
    fn init() -> (Self, Context);
    /// `parent` starts a goroutine, whose context is returned.
    fn go_start(&mut self, parent: Context) -> Context;
    /// The goroutine of `c` is over; `c` is not used again.
    fn go_end(&mut self, c: Context);
    /// A plain scalar read. Only the first byte is passed by the compiler, so only that byte counts.
    fn read(&mut self, c: Context, addr: u64, pc: u64);
    /// A plain scalar write of the byte at `addr`.
    fn write(&mut self, c: Context, addr: u64, pc: u64);
    /// A plain read of `addr..addr+size`.
    fn read_range(&mut self, c: Context, addr: u64, size: u64, pc: u64);
    /// A plain write of `addr..addr+size`.
    fn write_range(&mut self, c: Context, addr: u64, size: u64, pc: u64);
    /// `c` comes after everything released to `addr`.
    fn acquire(&mut self, c: Context, addr: u64);
    /// Whoever acquires `addr` from now on comes after `c`'s past, and after that only.
    fn release(&mut self, c: Context, addr: u64);
    /// Whoever acquires `addr` from now on comes also after `c`'s past.
    fn release_merge(&mut self, c: Context, addr: u64);
    /// `c`'s past takes the place of what `addr` holds, and `c` comes after what it held.
    fn release_acquire(&mut self, c: Context, addr: u64);
    /// `c` has taken the lock whose word is at `addr`: as an acquire, and a write of the word that no plain access may meet.
    fn lock(&mut self, c: Context, addr: u64, pc: u64) {
        let _ = pc;
        self.acquire(c, addr);
    }
    /// The same of a lock that others may hold, too.
    fn lock_shared(&mut self, c: Context, addr: u64, pc: u64) {
        let _ = pc;
        self.acquire(c, addr);
    }
    /// `c` gives back the lock at `addr`, which nobody else holds: a release that keeps what was released before.
    fn unlock(&mut self, c: Context, addr: u64, pc: u64) {
        let _ = pc;
        self.release_merge(c, addr);
    }
    /// `c` counts down at `addr`, as others may at the same time: a release, and a write of the word.
    fn unlock_shared(&mut self, c: Context, addr: u64, pc: u64) {
        let _ = pc;
        self.release_merge(c, addr);
    }
    /// A write of the lock's word that orders nothing.
    fn touch_lock(&mut self, c: Context, addr: u64, pc: u64) {
        let _ = (c, addr, pc);
    }
    /// An atomic load.
    fn atomic_load(&mut self, c: Context, addr: u64, size: u64, pc: u64);
    /// An atomic store.
    fn atomic_store(&mut self, c: Context, addr: u64, size: u64, pc: u64);
    /// An atomic read-modify-write, or a compare-and-swap that succeeded.
    fn atomic_rmw(&mut self, c: Context, addr: u64, size: u64, pc: u64);
    /// A compare-and-swap that failed.
    fn atomic_cas_fail(&mut self, c: Context, addr: u64, size: u64, pc: u64);
    /// `addr..addr+size` is given out to a new object.
    fn malloc(&mut self, addr: u64, size: u64);
    /// The object at `addr..addr+size` is garbage.
    fn free(&mut self, addr: u64, size: u64);
    /// A sender and a receiver meet at the unbuffered channel whose object is at `addr`: each comes after the other's past. `other` waits.
    fn meet(&mut self, c: Context, other: Context, addr: u64) {
        self.release(c, addr);
        self.acquire(other, addr);
        self.release(other, addr);
        self.acquire(c, addr);
    }
    /// `to` comes after `from`'s past: an edge without an address, for `Cond.Signal` and the Wait it unblocks.
    fn edge(&mut self, from: Context, to: Context);
    /// Moves the reports since the last call to the end of `sink`. All reports, without suppression of any that
    /// resemble others.
    fn drain_races(&mut self, sink: &mut Vec<RaceSeen>);
}
