//! What happens at each hook: find the engine, hand over, and report what it finds.
//!
//! All state is one [`State`] in a mapping at a fixed address, because the object has no writable data of its own.

use crate::layout::{self, Map, NoRoom};
use crate::{blocks, races, sys, walk};
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering::*};
use hb_detector::context::FLAG_MAIN;
use hb_detector::contract::Constants;
use hb_detector::history::marks::What;
use hb_detector::memory::Spin;
use hb_detector::sync::AtomicEffect;
use hb_detector::{Conflicts, Detector};
use hb_wire::Reporter;

/// A goroutine's context, as Go keeps it in `g.racectx`. 0 where the goroutine has none (a scheduler goroutine).
pub type Context = usize;

/// The atomic operations of `sync/atomic`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AtomicOp {
    /// Read.
    Load,
    /// Write.
    Store,
    /// Write, giving the old value.
    Exchange,
    /// Add, giving the old value.
    Add,
    /// Bitwise and, giving the old value.
    And,
    /// Bitwise or, giving the old value.
    Or,
    /// Write if the old value is the expected one, giving whether it was.
    CompareExchange,
}

/// The state of the runtime. Zero memory is its initial value.
#[repr(C)]
pub struct State {
    /// The engine. Its first word is [`Map::data_distance`], which the fast paths read at [`layout::STATE`].
    pub detector: Detector<Map>,
    /// Go's `racecallbackthunk`.
    pub callback: AtomicUsize,
    processors: AtomicUsize,
    /// Reports so far.
    pub races: AtomicU64,
    /// Guards `reporter` and the memory for reports.
    pub report_lock: Spin,
    /// Options that the engine's glue needs.
    pub suppress_equal_stacks: AtomicBool,
    /// As above.
    pub suppress_equal_addresses: AtomicBool,
    /// For how many nanoseconds GORACE asks to put the end off; less than 0 if it says nothing of
    /// that.
    wish_at_exit: AtomicI64,
    /// Whether Go asked for that, and so puts the end off itself.
    go_puts_off: AtomicBool,
    /// Whether all that is needed at the start is there.
    started: AtomicBool,
    /// The stack, in the depot, at which the main goroutine was created; 0 before.
    pub main_created: AtomicU32,
    /// Whether synchronisation is noted for reports. It costs time at every synchronisation, so it is done where somebody will read it.
    explain: AtomicBool,
    /// Whether Go tells of allocations, and of types when it is asked.
    pub tells_blocks: AtomicBool,
    /// Prints.
    pub reporter: Reporter,
}

/// Where the memory for reports begins.
pub const REPORT_MEMORY: usize = layout::STATE + (1 << 20);

const _: () = assert!(size_of::<State>() <= REPORT_MEMORY - layout::STATE);
const _: () = assert!(core::mem::offset_of!(State, detector) == 0);

/// What the assembly knows of the state: see [`crate::contract`].
pub const FOR_ASSEMBLY: Constants = &[
    // Free stamps: a batch for each shard.
    ("STAMP_BATCHES", (layout::STATE + Detector::<Map>::STAMP_BATCHES) as u64),
    // The number of the recycling cycle of stamps.
    ("STAMP_CYCLES", (layout::STATE + Detector::<Map>::STAMP_CYCLES) as u64),
];

/// The state.
#[inline]
pub fn state() -> &'static State {
    // SAFETY: `init` mapped it before any other hook can run; it is never unmapped, zero memory is valid for it, and what is
    // not atomic in it is guarded by `report_lock` or written by `init` only.
    unsafe { &*(layout::STATE as *const State) }
}

/// The context as the engine knows it; `None` where there is none.
#[inline]
pub(crate) fn known<'a>(context: Context) -> Option<&'a mut hb_detector::Context> {
    // SAFETY: Go passes what `go_start` gave it, from one thread at a time: the goroutine's own, or that of whoever wakes it
    // while it is parked.
    unsafe { (context as *mut hb_detector::Context).as_mut() }
}

/// As [`known`], and notes the goroutine's number, which may be 0 for unknown.
#[inline]
pub(crate) fn seen<'a>(context: Context, goid: usize) -> Option<&'a mut hb_detector::Context> {
    let ctx = known(context)?;
    if goid != 0 && ctx.goid.load(Relaxed) != goid as u64 {
        state().detector.set_goid(ctx, goid as u64);
    }
    Some(ctx)
}

/// A mapping could not be made. At start-up that is the end; later on something is not recorded, which is counted.
#[cold]
pub fn goes_without(error: NoRoom) -> bool {
    if state().started.load(Relaxed) {
        return false;
    }
    no_room(error, b"hb");
}

#[cold]
fn no_room(error: NoRoom, who: &[u8]) -> ! {
    say_no_room(error, who);
    sys::exit_group(2)
}

/// Says which mapping could not be made, and what it would take.
#[cold]
fn say_no_room(error: NoRoom, who: &[u8]) {
    let mut text = [0; 512];
    let mut out = hb_wire::Buffer::new(&mut text);
    out.bytes(b"hb: cannot get ");
    out.decimal((error.bytes >> 20).max(1) as u64);
    out.bytes(b" MB of address space for ");
    out.bytes(who);
    if error.error == sys::EEXIST {
        out.bytes(b": something else lies where the shadow memory belongs\n");
    } else {
        out.bytes(
            b".\nEach byte of the program's heap needs one of shadow: with hb it takes twice the address space, and some 100 MB more.\n\
Raise the limit on address space (ulimit -v) or on data (ulimit -d), or allow overcommitting (sysctl vm.overcommit_memory=0).\n",
        );
    }
    let _ = sys::write_all(2, out.as_bytes());
}

pub fn init(context: *mut Context, processor: *mut usize, callback: usize, argv: *const *const u8) {
    if let Err(error) = layout::map_state() {
        no_room(error, b"hb");
    }
    // SAFETY: just mapped, zero, and nobody else runs.
    let state = unsafe { &mut *(layout::STATE as *mut State) };
    state.detector.memory.begin();
    // SAFETY: zero memory but for the map, which is taken out and put back; its regions are mapped for ever.
    let detector = unsafe {
        let at = &raw mut state.detector;
        let map = (&raw const (*at).memory).read();
        Detector::init(at, map)
    };
    state.callback.store(callback, Relaxed);
    let (settings, explain) = races::begin(state, argv);
    state.explain.store(explain, Relaxed);
    state.detector.tells_sync.store(explain, Relaxed);
    state.suppress_equal_stacks.store(settings.suppress_equal_stacks, Relaxed);
    state.suppress_equal_addresses.store(settings.suppress_equal_addresses, Relaxed);
    let wish = settings.atexit_sleep_ms.map_or(-1, |ms| i64::from(ms) * 1_000_000);
    state.wish_at_exit.store(wish, Relaxed);
    if let Some(size) = settings.history_size {
        detector.set_history((hb_detector::limits::HISTORY_EVENTS / 2) << (size & 7));
    }
    // SAFETY: Go passes the addresses of two variables of its own.
    unsafe {
        *context = detector.go_start(None, 0, FLAG_MAIN) as Context;
        *processor = new_processor();
    }
    state.started.store(true, Relaxed);
}

fn new_processor() -> usize {
    layout::STATE + state().processors.fetch_add(1, Relaxed) + 1
}

/// Go asks how long the end is to be put off, and does so. (It sees which goroutines can run.)
pub fn wish_at_exit(wish: *mut i64) {
    state().go_puts_off.store(true, Relaxed);
    // SAFETY: Go passes the address of a variable of its own.
    unsafe { *wish = state().wish_at_exit.load(Relaxed) };
}

/// How long every end is put off where Go does not see to that itself, in nanoseconds: as by the
/// stock detector.
const BLIND_WAIT: u64 = 1_000_000_000;

pub fn fini() {
    if !state().go_puts_off.load(Relaxed) {
        sys::nanosleep(u64::try_from(state().wish_at_exit.load(Relaxed)).unwrap_or(BLIND_WAIT));
    }
    if let Some(status) = races::finish() {
        sys::exit_group(status);
    }
}

pub fn proc_create(processor: *mut usize) {
    // SAFETY: Go passes the address of a variable of its own.
    unsafe { *processor = new_processor() };
}

pub fn proc_destroy(_processor: usize) {}

pub fn map_shadow(addr: usize, size: usize) {
    match state().detector.memory.add(addr, size) {
        Ok(true) => {}
        Ok(false) => {
            let _ = sys::write_all(2, b"hb: a heap at this address cannot be checked\n");
            sys::exit_group(2);
        }
        Err(error) => no_room(error, b"the shadow of more heap"),
    }
}

/// As [`map_shadow`], for an arena that Go can do without: then it says by itself that there is no memory, and where that was. Stores in `*mapped`
/// whether there is shadow.
pub fn map_arena(addr: usize, size: usize, mapped: *mut bool) {
    let done = match state().detector.memory.add(addr, size) {
        Ok(done) => done,
        Err(error) => {
            say_no_room(error, b"the shadow of more heap");
            false
        }
    };
    // SAFETY: Go passes the address of a variable of its own.
    unsafe { *mapped = done };
}

pub fn go_start(parent: Context, context: *mut Context, pc: usize) {
    let new = state().detector.go_start(known(parent), pc as u64, 0);
    if state().main_created.load(Relaxed) == 0 {
        // Go's start-up makes it before any other, on the only thread. SAFETY: just made, and nobody else knows it.
        state().main_created.store(unsafe { (*new).created }, Relaxed);
    }
    // SAFETY: Go passes the address of a variable of its own.
    unsafe { *context = new as Context };
}

pub fn go_start_at(
    parent: Context,
    context: *mut Context,
    pc: usize,
    frame: usize,
    goid: usize,
    stack: *const walk::Bounds,
) {
    let detector = &state().detector;
    if goid != 0
        && let Some(ctx) = seen(parent, goid)
    {
        // SAFETY: Go passes the stack of the goroutine that executes the statement, which waits for us.
        let call = unsafe { walk::call(ctx, frame, stack) };
        let (at, callee) = if call.pc == 0 { (pc, 0) } else { (call.pc, call.callee) };
        if state().explain.load(Relaxed) {
            detector.log_sync(ctx, What::Go, 0, at, callee);
        }
        // In a function that is not instrumented (sync.WaitGroup.Go): where that was called.
        if call.pc != 0 && call.pc != pc {
            detector.func_enter(ctx, call.pc as u64, 0);
            go_start(parent, context, pc);
            return detector.func_exit(ctx);
        }
    }
    go_start(parent, context, pc);
}

pub fn begin_telling(wanted: *mut bool) {
    let tells = state().explain.load(Relaxed) && blocks::map();
    state().tells_blocks.store(tells, Relaxed);
    // SAFETY: Go passes the address of a variable of its own.
    unsafe { *wanted = tells };
}

/// As [`malloc`], and notes the block for reports: `frame` is the frame pointer of the function that allocated it.
pub fn allocated(context: Context, addr: usize, type_: usize, size: usize, frame: usize, stack: *const walk::Bounds) {
    if type_ != blocks::CHANNEL {
        malloc(addr, size);
    }
    if let Some(ctx) = known(context) {
        // SAFETY: Go passes the stack of the goroutine itself, which waits for us.
        let call = unsafe { walk::call(ctx, frame, stack) };
        blocks::note(ctx, addr, size, type_, call);
    }
}

pub fn test(context: Context, name: *const u8, length: usize) {
    if let Some(ctx) = known(context)
        && length != 0
    {
        // SAFETY: Go passes the bytes of a string.
        state().detector.set_name(ctx, unsafe { core::slice::from_raw_parts(name, length) });
    }
}

pub fn go_end(context: Context) {
    if context != 0 {
        // SAFETY: Go passes what `go_start` gave it, for the last time.
        unsafe { state().detector.go_end(context as *mut hb_detector::Context) };
    }
}

pub fn finalizer_goroutine(context: Context) {
    if let Some(ctx) = known(context) {
        state().detector.acquire_all(ctx);
    }
}

pub fn report_count(count: *mut u64) {
    // SAFETY: Go passes the address of a variable of its own.
    unsafe { *count = state().races.load(SeqCst) };
}

#[inline]
pub fn malloc(addr: usize, size: usize) {
    if size != 0 && state().detector.memory.in_heap(addr) {
        if size >= LARGE_BLOCK {
            fetch_shadow(addr, size);
        }
        forget(addr, size);
    }
}

/// Forgets everything about a block of the heap.
#[inline]
fn forget(addr: usize, size: usize) {
    state().detector.forget((addr >> 12) as u32, addr, size);
}

/// Has the processor fetch the shadow of a new block, of which it is likely that the program goes about it in no order (the tables of a map):
/// line after line they come much faster than one by one when they are missed.
#[inline]
fn fetch_shadow(addr: usize, size: usize) {
    let end = addr + size.min(FETCHED);
    let mut at = addr & !63;
    while at < end {
        let line = at + layout::HEAP_SHADOW;
        // SAFETY: a hint; no address can make it fail.
        unsafe {
            core::arch::asm!("prefetchw [{}]", in(reg) line, options(nostack, preserves_flags, readonly));
        }
        at += 64;
    }
}

/// The most bytes of a block for which that is done.
const FETCHED: usize = 64 << 10;

pub fn free(addr: usize, size: usize) {
    // What is freed soon gets a new owner, and is forgotten then: once is enough, and then its shadow is in the cache where it is wanted.
    if size >= LARGE_FREED && state().detector.memory.in_heap(addr) {
        forget(addr, size);
    }
}

/// The shadow of new blocks of this many bytes is fetched.
const LARGE_BLOCK: usize = 2048;

/// Blocks of this many bytes are forgotten when they are freed, too: it may be long until they are used again.
const LARGE_FREED: usize = 64 << 10;

/// Runs `f` for a synchronisation of a goroutine on an address, unless it is to be ignored.
#[inline]
fn synchronise<R>(
    context: Context,
    addr: usize,
    f: impl FnOnce(&Detector<Map>, &mut hb_detector::Context) -> R,
) -> Option<R> {
    let detector = &state().detector;
    let ctx = known(context)?;
    (ctx.ignore == 0 && detector.memory.has(addr)).then(|| f(detector, ctx))
}

/// Whether the next synchronisation of `ctx` is to be noted for reports.
#[inline]
pub fn explains(detector: &Detector<Map>, ctx: &hb_detector::Context) -> bool {
    state().explain.load(Relaxed) && detector.wants_mark(ctx)
}

/// Notes for reports where a goroutine synchronises on `addr`: the caller's frame pointer and the bounds of its stack.
#[inline]
pub fn located(context: Context, addr: usize, what: What, frame: usize, stack: *const walk::Bounds) {
    if state().explain.load(Relaxed) {
        synchronise(context, addr, |detector, ctx| {
            if explains(detector, ctx) {
                // SAFETY: Go passes the stack of the goroutine itself, which waits for us.
                let call = unsafe { walk::call(ctx, frame, stack) };
                detector.log_sync(ctx, what, addr, call.pc, call.callee);
            }
        });
    }
}

pub fn acquire(context: Context, addr: usize) {
    synchronise(context, addr, |detector, ctx| detector.acquire(ctx, addr));
}

pub fn release(context: Context, addr: usize) {
    synchronise(context, addr, |detector, ctx| detector.release(ctx, addr));
}

pub fn release_acquire(context: Context, addr: usize) {
    synchronise(context, addr, |detector, ctx| detector.release_acquire(ctx, addr));
}

pub fn release_merge(context: Context, addr: usize) {
    synchronise(context, addr, |detector, ctx| detector.release_merge(ctx, addr));
}

pub fn ignore_sync_begin(context: Context) {
    if let Some(ctx) = known(context) {
        ctx.ignore += 1;
    }
}

pub fn ignore_sync_end(context: Context) {
    if let Some(ctx) = known(context) {
        ctx.ignore = ctx.ignore.saturating_sub(1);
    }
}

#[inline]
fn access(ctx: &mut hb_detector::Context, addr: usize, size: usize, write: bool, pc: usize) {
    let detector = &state().detector;
    if detector.memory.in_gap(addr) {
        return;
    }
    let mut conflicts = Conflicts::new();
    detector.access(ctx, addr, size, write, pc as u64, &mut conflicts);
    if !conflicts.is_empty() {
        races::report(ctx, &conflicts, write, false, size, pc);
    }
}

/// As [`access`], in a function that is not instrumented: `caller_pc` is where it was called, 0 if a frame says so already.
fn access_in(ctx: &mut hb_detector::Context, addr: usize, write: bool, caller_pc: usize, pc: usize) {
    let detector = &state().detector;
    if caller_pc != 0 {
        detector.func_enter(ctx, caller_pc as u64, 0);
    }
    access(ctx, addr, 1, write, pc);
    if caller_pc != 0 {
        detector.func_exit(ctx);
    }
}

pub fn read(context: Context, addr: usize, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        access(ctx, addr, 1, false, pc);
    }
}

pub fn write(context: Context, addr: usize, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        access(ctx, addr, 1, true, pc);
    }
}

pub fn read_pc(context: Context, addr: usize, caller_pc: usize, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        access_in(ctx, addr, false, caller_pc, pc);
    }
}

pub fn write_pc(context: Context, addr: usize, caller_pc: usize, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        access_in(ctx, addr, true, caller_pc, pc);
    }
}

/// The part of a range that has shadow: one that begins in the heap or the data segments but runs over their end is cut.
#[inline]
fn within(addr: usize, size: usize) -> usize {
    let memory = &state().detector.memory;
    if size == 0 || memory.has(addr + size - 1) { size } else { size.min(4096 - (addr & 4095)) }
}

pub fn read_range(context: Context, addr: usize, size: usize, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        access(ctx, addr, within(addr, size), false, pc);
    }
}

pub fn write_range(context: Context, addr: usize, size: usize, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        access(ctx, addr, within(addr, size), true, pc);
    }
}

pub fn func_enter(context: Context, pc: usize, goid: usize) {
    if let Some(ctx) = seen(context, goid) {
        state().detector.func_enter(ctx, pc as u64, 0);
    }
}

pub fn func_exit(context: Context) {
    if let Some(ctx) = known(context) {
        state().detector.func_exit(ctx);
    }
}

/// The frame of a function of `sync/atomic`, and the bounds of the stack that it lies in; null where these are not told.
#[derive(Clone, Copy)]
struct Place {
    frame: usize,
    stack: *const walk::Bounds,
}

/// Bytes of the frame of a function of `sync/atomic`; the argument block lies at its bottom (`ATOMIC_FRAME` in `go/amd64/atomics.s`).
const ATOMIC_FRAME: usize = 32;

/// Performs an atomic operation of `size` bytes as the engine orders it.
#[inline]
#[expect(clippy::too_many_arguments, reason = "what a hook is given, as it is given")]
fn atomically<R>(
    context: Context,
    goid: usize,
    addr: usize,
    size: usize,
    caller_pc: usize,
    pc: usize,
    place: Place,
    op: impl FnOnce() -> (R, AtomicEffect),
) -> R {
    let detector = &state().detector;
    let Some(ctx) = seen(context, goid) else { return op().0 };
    if ctx.ignore != 0 || !detector.memory.has(addr) {
        return op().0;
    }
    detector.func_enter(ctx, caller_pc as u64, 0);
    let mut conflicts = Conflicts::new();
    let (mut write, mut what) = (true, What::Load);
    let result = detector.atomic(ctx, addr, size, pc as u64, &mut conflicts, || {
        let (result, done) = op();
        (write, what) = match done {
            AtomicEffect::Load => (false, What::Load),
            AtomicEffect::Store => (true, What::Store),
            AtomicEffect::ReadModifyWrite => (true, What::Update),
        };
        (result, done)
    });
    if !conflicts.is_empty() {
        races::report(ctx, &conflicts, write, true, size, pc);
    }
    detector.func_exit(ctx);
    if explains(detector, ctx) {
        // SAFETY: the stack of the goroutine itself, which waits for us; null where it is not told.
        let call = unsafe { walk::call(ctx, place.frame, place.stack) };
        let (at, callee) = if call.pc == 0 { (caller_pc, pc) } else { (call.pc, call.callee) };
        detector.log_sync(ctx, what, addr, at, if callee == 0 { pc } else { callee });
    }
    result
}

macro_rules! atomic {
    ($name:ident, $int:ty, $atomic:ty, $new:literal, $swapped:literal) => {
        #[inline]
        pub fn $name(
            op: AtomicOp,
            context: Context,
            caller_pc: usize,
            pc: usize,
            arguments: *mut u8,
            goid: usize,
            stack: *const walk::Bounds,
        ) {
            let place = Place { frame: arguments as usize + ATOMIC_FRAME, stack };
            // SAFETY: the block begins with the address of the word, to which Go has a pointer; the Go side has touched it
            // already, so that a bad pointer has faulted there.
            let word = unsafe { <$atomic>::from_ptr(arguments.cast::<*mut $int>().read()) };
            // SAFETY: the value follows the address. A load has its result's place there.
            let value = unsafe { arguments.add(8).cast::<$int>().read() };
            let addr = word.as_ptr() as usize;
            let size = size_of::<$int>();
            let old = match op {
                AtomicOp::Load => {
                    let again = synchronise(context, addr, |detector, ctx| {
                        let load = || word.load(SeqCst);
                        // Where the stack is told, the assembly has looked at the record already.
                        let known = if stack.is_null() { detector.load_recorded(ctx, addr, size, load) } else { None };
                        known.or_else(|| detector.load_again(ctx, addr, size, load))
                    });
                    let value = again.flatten().unwrap_or_else(|| {
                        atomically(context, goid, addr, size, caller_pc, pc, place, || {
                            (word.load(SeqCst), AtomicEffect::Load)
                        })
                    });
                    // SAFETY: a load's result follows the address.
                    unsafe { arguments.add(8).cast::<$int>().write(value) };
                    return;
                }
                AtomicOp::Store => {
                    return atomically(context, goid, addr, size, caller_pc, pc, place, || {
                        (word.store(value, SeqCst), AtomicEffect::Store)
                    });
                }
                AtomicOp::CompareExchange => {
                    // SAFETY: the new value follows the old one, aligned as itself.
                    let new = unsafe { arguments.add($new).cast::<$int>().read() };
                    let swapped = atomically(context, goid, addr, size, caller_pc, pc, place, || {
                        let swapped = word.compare_exchange(value, new, SeqCst, SeqCst).is_ok();
                        (swapped, if swapped { AtomicEffect::ReadModifyWrite } else { AtomicEffect::Load })
                    });
                    // SAFETY: the result is one byte at the next multiple of 8.
                    unsafe { arguments.add($swapped).write(u8::from(swapped)) };
                    return;
                }
                AtomicOp::Exchange | AtomicOp::Add | AtomicOp::And | AtomicOp::Or => {
                    atomically(context, goid, addr, size, caller_pc, pc, place, || {
                        let old = match op {
                            AtomicOp::Exchange => word.swap(value, SeqCst),
                            AtomicOp::Add => word.fetch_add(value, SeqCst),
                            AtomicOp::And => word.fetch_and(value, SeqCst),
                            _ => word.fetch_or(value, SeqCst),
                        };
                        (old, AtomicEffect::ReadModifyWrite)
                    })
                }
            };
            // SAFETY: the result follows the value, at the next multiple of 8.
            unsafe { arguments.add(16).cast::<$int>().write(old) };
        }
    };
}

atomic!(atomic32, u32, AtomicU32, 12, 16);
atomic!(atomic64, u64, AtomicU64, 16, 24);
