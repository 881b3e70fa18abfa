//! Every function that Go calls, and nothing else: each one hands over to [`engine`].
//!
//! # Who calls these, and how
//!
//! All functions follow the System V calling convention (arguments in DI, SI, DX, CX, R8, R9). They
//! run on the stack of the thread's scheduler goroutine (g0), or on the signal stack, of which at
//! least a few KB are free. They may not block on Go, allocate from Go, or unwind. `BX`, `BP` and
//! `R12`-`R15` are preserved as the convention asks; R14 holds Go's `g` throughout.
//!
//! There are two sets:
//!
//! - `__tsan_*` is the ABI that the race-enabled Go runtime expects, with the argument lists that
//!   `runtime/race.go` and `runtime/race_amd64.s` of the Go distribution give them.
//! - `__tsan_hb_*` are called only by our own assembly (`go/amd64`). The hooks among them
//!   that stand for a stock one take the same arguments plus the caller's goid in R8, the fifth
//!   argument register, whatever the number of arguments before it. That is how the runtime learns
//!   Go's own goroutine numbers. The stock forms pass [`UNKNOWN_GOID`] instead.
//!
//! # The words used below
//!
//! - `context`: what `__tsan_init` or `__tsan_go_start` returned for a goroutine; opaque to Go.
//! - `pc`: a return address, so one past the last byte of the call instruction.
//! - `caller_pc`: the return address of the function that contains `pc`.
//! - `arguments`: the address of the atomic operation's Go argument block: the address, then the
//!   operands, then the result, each aligned as in a Go struct (the result to 8 bytes).

use crate::engine::{self, AtomicOp, Context};
use crate::walk::Bounds;
use hb_detector::history::marks::What;

/// The goid when the caller did not say it: Go numbers goroutines from 1.
pub const UNKNOWN_GOID: usize = 0;

/// Start-up, called once before any goroutine runs. Stores the main goroutine's context in
/// `*context` and the first processor's in `*processor`. `callback` is Go's
/// `racecallbackthunk`. `argv` is the process's argument vector (the environment follows it) where
/// our edits to `runtime/race.go` are in place, otherwise 0.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_init(context: *mut Context, processor: *mut usize, callback: usize, argv: *const *const u8) {
    engine::init(context, processor, callback, argv);
}

/// The program ends with status 0. Returns only if Go shall go on to exit by itself.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_fini() {
    engine::fini();
}

/// The program ends with the status `status`, which is not 0: nothing is said, but findings are closed.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_leave(status: usize) {
    crate::races::leave(status as i32);
}

/// A processor (Go's P) appears; its context is stored in `*processor`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_proc_create(processor: *mut usize) {
    engine::proc_create(processor);
}

/// A processor goes away.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_proc_destroy(processor: usize) {
    engine::proc_destroy(processor);
}

/// From now on accesses may be seen in `[addr, addr + size)`: an arena of the heap, or the data
/// segments.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_map_shadow(addr: usize, size: usize) {
    engine::map_shadow(addr, size);
}

/// The goroutine starts to run finalizers.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_finalizer_goroutine(context: Context) {
    engine::finalizer_goroutine(context);
}

/// `parent` starts a goroutine by a `go` statement that returns to `pc`; stores the new context.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_go_start(parent: Context, context: *mut Context, pc: usize) {
    engine::go_start(parent, context, pc);
}

/// As [`__tsan_go_start`]; `goid` is the parent's, `frame` the frame pointer of `runtime.newproc` on its stack, `stack` that stack's
/// bounds.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_go_start(
    parent: Context,
    context: *mut Context,
    pc: usize,
    frame: usize,
    goid: usize,
    stack: *const Bounds,
) {
    engine::go_start_at(parent, context, pc, frame, goid, stack);
}

/// The goroutine begins to run the test whose full name is the `length` bytes at `name`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_hb_test(context: Context, name: *const u8, length: usize) {
    engine::test(context, name, length);
}

/// The goroutine has ended; its context is not used again.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_go_end(context: Context) {
    engine::go_end(context);
}

/// A block of `size` bytes at `addr` was allocated. Go passes neither context nor pc.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_malloc(_context: Context, _pc: usize, addr: usize, size: usize) {
    engine::malloc(addr, size);
}

/// The block of `size` bytes at `addr` was freed.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_free(addr: usize, size: usize) {
    engine::free(addr, size);
}

/// Everything released on `addr` is ordered before what the goroutine does next.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_acquire(context: Context, addr: usize) {
    engine::acquire(context, addr);
}

/// What the goroutine did replaces what was released on `addr` before.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_release(context: Context, addr: usize) {
    engine::release(context, addr);
}

/// First acquires, then releases: the two exchange what they know.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_release_acquire(context: Context, addr: usize) {
    engine::release_acquire(context, addr);
}

/// What the goroutine did is added to what was released on `addr` before.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_release_merge(context: Context, addr: usize) {
    engine::release_merge(context, addr);
}

/// Declares our forms of the hooks for synchronisation: besides they are told the frame pointer of the function that calls the hook and the
/// bounds of the stack that it lies in. For a parked goroutine, on whose behalf another one calls, both are its own.
macro_rules! located {
    ($($(#[$doc:meta])* $ours:ident => $what:ident $engine:ident;)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $ours(context: Context, addr: usize, frame: usize, stack: *const Bounds, _goid: usize) {
            engine::located(context, addr, What::$what, frame, stack);
            engine::$engine(context, addr);
        }
    )*};
}

located! {
    /// As [`__tsan_acquire`].
    __tsan_hb_acquire => Acquire acquire;
    /// As [`__tsan_release`].
    __tsan_hb_release => Release release;
    /// As [`__tsan_release_acquire`].
    __tsan_hb_release_acquire => ReleaseAcquire release_acquire;
    /// As [`__tsan_release_merge`].
    __tsan_hb_release_merge => ReleaseMerge release_merge;
}

/// Synchronisation of this goroutine is to be ignored until the matching end; calls may nest.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_go_ignore_sync_begin(context: Context) {
    engine::ignore_sync_begin(context);
}

/// Ends the innermost [`__tsan_go_ignore_sync_begin`].
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_go_ignore_sync_end(context: Context) {
    engine::ignore_sync_end(context);
}

/// Stores the number of reports so far in `*count`.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_report_count(count: *mut u64) {
    engine::report_count(count);
}

/// Declares one hook in both forms: the stock one, and ours with the goid as the fifth argument.
macro_rules! hooks {
    ($($(#[$doc:meta])* $stock:ident, $ours:ident => $engine:ident($a:ident $(, $b:ident $(, $c:ident)?)?);)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $stock(context: Context, $a: usize $(, $b: usize $(, $c: usize)?)?) {
            engine::$engine(context, $a $(, $b $(, $c)?)?, UNKNOWN_GOID);
        }
        hooks!(@ours $(#[$doc])* $ours => $engine($a $(, $b $(, $c)?)?));
    )*};
    (@ours $(#[$doc:meta])* $ours:ident => $engine:ident($a:ident)) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $ours(context: Context, $a: usize, _dx: usize, _cx: usize, goid: usize) {
            engine::$engine(context, $a, goid);
        }
    };
    (@ours $(#[$doc:meta])* $ours:ident => $engine:ident($a:ident, $b:ident)) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $ours(context: Context, $a: usize, $b: usize, _cx: usize, goid: usize) {
            engine::$engine(context, $a, $b, goid);
        }
    };
    (@ours $(#[$doc:meta])* $ours:ident => $engine:ident($a:ident, $b:ident, $c:ident)) => {
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $ours(context: Context, $a: usize, $b: usize, $c: usize, goid: usize) {
            engine::$engine(context, $a, $b, $c, goid);
        }
    };
}

hooks! {
    /// A read of the scalar at `addr`; its size is not told.
    __tsan_read, __tsan_hb_read => read(addr, pc);
    /// A write of the scalar at `addr`.
    __tsan_write, __tsan_hb_write => write(addr, pc);
    /// A read made by the Go runtime for a function that is not instrumented: `pc` lies in that
    /// function and `caller_pc` in its caller (0 if the caller is on the shadow stack already).
    __tsan_read_pc, __tsan_hb_read_pc => read_pc(addr, caller_pc, pc);
    /// A write made by the Go runtime, as for reads.
    __tsan_write_pc, __tsan_hb_write_pc => write_pc(addr, caller_pc, pc);
    /// A read of `size` bytes at `addr`.
    __tsan_read_range, __tsan_hb_read_range => read_range(addr, size, pc);
    /// A write of `size` bytes at `addr`.
    __tsan_write_range, __tsan_hb_write_range => write_range(addr, size, pc);
    /// An instrumented function was entered; it will return to `pc`.
    __tsan_func_enter, __tsan_hb_func_enter => func_enter(pc);
}

/// An instrumented function is about to return.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_func_exit(context: Context) {
    engine::func_exit(context);
}

/// Declares an atomic operation in both widths and both forms.
macro_rules! atomics {
    ($($(#[$doc:meta])* $op:ident: $stock32:ident $stock64:ident $ours32:ident $ours64:ident;)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $stock32(context: Context, caller_pc: usize, pc: usize, arguments: *mut u8) {
            engine::atomic32(AtomicOp::$op, context, caller_pc, pc, arguments, UNKNOWN_GOID, core::ptr::null());
        }
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $stock64(context: Context, caller_pc: usize, pc: usize, arguments: *mut u8) {
            engine::atomic64(AtomicOp::$op, context, caller_pc, pc, arguments, UNKNOWN_GOID, core::ptr::null());
        }
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $ours32(
            context: Context, caller_pc: usize, pc: usize, arguments: *mut u8, goid: usize, stack: *const Bounds,
        ) {
            engine::atomic32(AtomicOp::$op, context, caller_pc, pc, arguments, goid, stack);
        }
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $ours64(
            context: Context, caller_pc: usize, pc: usize, arguments: *mut u8, goid: usize, stack: *const Bounds,
        ) {
            engine::atomic64(AtomicOp::$op, context, caller_pc, pc, arguments, goid, stack);
        }
    )*};
}

atomics! {
    /// `result = *addr`; block: address, result.
    Load: __tsan_go_atomic32_load __tsan_go_atomic64_load
          __tsan_hb_atomic32_load __tsan_hb_atomic64_load;
    /// `*addr = value`; block: address, value.
    Store: __tsan_go_atomic32_store __tsan_go_atomic64_store
           __tsan_hb_atomic32_store __tsan_hb_atomic64_store;
    /// `result = *addr; *addr = value`; block: address, value, result.
    Exchange: __tsan_go_atomic32_exchange __tsan_go_atomic64_exchange
              __tsan_hb_atomic32_exchange __tsan_hb_atomic64_exchange;
    /// `result = *addr; *addr += value`; block: address, value, result (the old value).
    Add: __tsan_go_atomic32_fetch_add __tsan_go_atomic64_fetch_add
         __tsan_hb_atomic32_fetch_add __tsan_hb_atomic64_fetch_add;
    /// `result = *addr; *addr &= value`; block: address, value, result (the old value).
    And: __tsan_go_atomic32_fetch_and __tsan_go_atomic64_fetch_and
         __tsan_hb_atomic32_fetch_and __tsan_hb_atomic64_fetch_and;
    /// `result = *addr; *addr |= value`; block: address, value, result (the old value).
    Or: __tsan_go_atomic32_fetch_or __tsan_go_atomic64_fetch_or
        __tsan_hb_atomic32_fetch_or __tsan_hb_atomic64_fetch_or;
    /// `result = *addr == old; if result { *addr = new }`; block: address, old, new, one byte of
    /// result.
    CompareExchange: __tsan_go_atomic32_compare_exchange __tsan_go_atomic64_compare_exchange
                     __tsan_hb_atomic32_compare_exchange __tsan_hb_atomic64_compare_exchange;
}
