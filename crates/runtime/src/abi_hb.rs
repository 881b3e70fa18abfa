//! The functions beyond the `__tsan_*` ABI that files edited by hb call (`crates/hb/src/inject/edits`).
//!
//! They are called like those of [`crate::abi`]. What they do is in [`crate::locks`].

use crate::engine::Context;
use crate::{locks, shadow};

/// The goroutine has taken the lock whose 4-byte word is at `addr`. `pc` is where in the function that took it, `caller_pc` where that
/// returns to.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_lock(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::take(context, addr, None, pc, caller_pc, goid);
}

/// As [`__tsan_hb_lock`], of an `RWMutex` for writing: `addr` is that of `writerSem`, behind which lies `readerSem`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_write_lock(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::take(context, addr + 4, Some(addr), pc, caller_pc, goid);
}

/// As [`__tsan_hb_lock`], of an `RWMutex` for reading: `addr` is that of `readerSem`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_read_lock(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::take_share(context, addr, pc, caller_pc, goid);
}

/// The goroutine is about to give back a lock that only it holds.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_unlock(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::give(context, addr, pc, caller_pc, goid);
}

/// The goroutine is about to count the `WaitGroup` at `addr` down.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_done(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::give_share(context, addr, pc, caller_pc, goid);
}

/// The goroutine is about to change the word of a `WaitGroup` in a way that orders nothing.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_touch(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::touch(context, addr, pc, caller_pc, goid);
}

/// The goroutine has seen the word of a `WaitGroup` at 0: whoever counted it down comes before.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_wait(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    locks::wait(context, addr, pc, caller_pc, goid);
}

/// What the goroutine of `context` did so far comes before what that of `other`, which is parked, does next.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_edge(context: Context, other: Context) {
    locks::edge(context, other);
}

/// A sender and a receiver meet at an unbuffered channel: `other` is that of the two which was parked.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_meet(context: Context, other: Context) {
    locks::meet(context, other);
}

/// A timer fires in `context`, which shall know nothing of those that fired in it before.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_fire(context: Context) {
    locks::fire(context);
}

/// The `size` bytes at `addr`, whole pages that nobody uses, are about to be given back to the system.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_unused(addr: usize, size: usize) {
    shadow::give_back(addr, size);
}
