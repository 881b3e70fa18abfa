//! The functions beyond the `__tsan_*` ABI that files edited by hb call (`go/edits`).
//!
//! They are called like those of [`crate::abi`]. What they do is in [`crate::locks`].

use crate::engine::Context;
use crate::walk::Bounds;
use crate::{engine, locks, shadow};

/// The goroutine has taken the lock whose 4-byte word is at `addr`. `frame` is the frame of a function that was called for
/// this by the one that took it, `stack` the bounds of the stack that it lies in.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_lock(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::take(context, addr, None, frame, stack, goid);
}

/// As [`__tsan_hb_lock`], of an `RWMutex` for writing: `addr` is that of `writerSem`, behind which lie `readerSem`, which writers release to, and
/// `readerWait`, which readers release to.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_write_lock(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::take(context, addr + 4, Some(addr + 12), frame, stack, goid);
}

/// As [`__tsan_hb_lock`], of an `RWMutex` for reading: `addr` is that of `readerSem`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_read_lock(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::take_share(context, addr, frame, stack, goid);
}

/// The program is about to end, and Go lets other goroutines run before it says so: stores in
/// `*wish` for how many nanoseconds GORACE asks it to put the end off, less than 0 if it says
/// nothing of that.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_rest(wish: *mut i64) {
    engine::wish_at_exit(wish);
}

/// The goroutine is about to give back a lock that only it holds.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_unlock(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::give(context, addr, frame, stack, goid);
}

/// The goroutine is about to count the `WaitGroup` at `addr` down.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_done(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::give_share(context, addr, frame, stack, goid);
}

/// The goroutine is about to change the word of a `WaitGroup` in a way that orders nothing.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_touch(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::touch(context, addr, frame, stack, goid);
}

/// The goroutine has seen the word of a `WaitGroup` at 0: whoever counted it down comes before.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_wait(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    locks::wait(context, addr, frame, stack, goid);
}

/// What the goroutine of `context` did so far comes before what that of `other`, which is parked, does next.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_edge(context: Context, other: Context) {
    locks::edge(context, other);
}

/// A sender and a receiver meet at an unbuffered channel: `other` is that of the two which was parked.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_meet(context: Context, other: Context, frame: usize, stack: *const Bounds) {
    locks::meet(context, other, frame, stack);
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

/// As `__tsan_map_shadow`, for an arena of the heap; `*mapped` tells whether it has shadow. Without that Go must not use it.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_map_arena(addr: usize, size: usize, mapped: *mut bool) {
    engine::map_arena(addr, size, mapped);
}

/// Go's start-up asks whether it shall tell of the blocks that it allocates, and says so that it can be asked for types: stores the answer in
/// `*wanted`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_begin(wanted: *mut bool) {
    engine::begin_telling(wanted);
}

/// What [`__tsan_hb_alloc`] is told besides the block.
#[repr(C)]
pub struct More {
    /// Bytes, or the capacity of a channel.
    size: usize,
    /// The frame pointer of the function that allocated it.
    frame: usize,
    /// The bounds of the stack that the frame lies in.
    stack: *const Bounds,
}

/// A block was allocated at `addr`, for values of the Go type at `type_` (0 for bytes without pointers; [`crate::blocks::CHANNEL`]).
#[unsafe(no_mangle)]
#[expect(clippy::not_unsafe_ptr_arg_deref, reason = "who calls it is Go, which knows no unsafe functions")]
pub extern "C" fn __tsan_hb_alloc(context: Context, addr: usize, type_: usize, more: *const More) {
    // SAFETY: Go passes the address of a variable of its own.
    let More { size, frame, stack } = unsafe { more.read() };
    engine::allocated(context, addr, type_, size, frame, stack);
}
