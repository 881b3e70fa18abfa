//! From the engine's conflicts to reports: whose accesses, with which stacks, and whether that was said before.

use crate::engine::{REPORT_MEMORY, State, state};
use crate::globals::Globals;
use crate::layout::{self, Map};
use crate::{blocks, sys};
use core::sync::atomic::Ordering::Relaxed;
use hb_detector::epoch::Lane;
use hb_detector::history::marks::{Mark, What};
use hb_detector::history::{self, Past};
use hb_detector::{Conflict, Conflicts, Context, Detector};
use hb_wire::seen::{Inserted, Seen, address_key, lines_key, stacks_key};
use hb_wire::{
    Access, Ancestor, Common, FileId, Goroutine, Next, Object, ObjectKind, Os, Process, Race, Settings, Stack,
    StackState, Symbolizer, SyncEvent, SyncOperation, environment,
};

/// Frames of a stack in a report.
const FRAMES: usize = 1024;
/// Frames of a `go` statement's stack.
const CREATED: usize = 64;
/// Steps of ancestry told.
const ANCESTORS: usize = hb_detector::depot::GENERATIONS as usize;
/// Keys of races already reported.
const KEYS: usize = 64 << 10;
/// Places for how often a line raced at an address.
const REPEATS: usize = 16 << 10;
/// An access's line that has raced at one address this often with stacks that were all reported is not looked into again.
const ENOUGH: u64 = 64;

/// How long hb may take to say what a race amounts to.
const ANSWER_MILLISECONDS: u32 = 10_000;

/// The memory for reports, all of it guarded by the report lock.
#[repr(C)]
struct Desk {
    keys: [u64; KEYS],
    repeats: [u64; REPEATS],
    stacks: [[usize; FRAMES]; 2],
    created: [[usize; CREATED]; 2],
    ancestry: [[[usize; CREATED]; ANCESTORS]; 2],
    tests: [[u8; hb_detector::depot::LONGEST_NAME]; 2],
    calls: [[usize; 2]; 4],
    common: [usize; CREATED],
    allocated: [usize; blocks::COUNTERS],
    content: [u8; 4096],
    globals: Globals,
    scratch: [u8; 2 << 20],
}

const _: () = assert!(size_of::<Desk>() <= layout::STATE + layout::STATE_BYTES - REPORT_MEMORY);
const _: () = assert!(size_of::<usize>() == size_of::<u64>());

/// Runs `f` with the report lock held, and the reporter and the memory that it guards.
fn with_desk<R>(f: impl FnOnce(&'static State, &mut hb_wire::Reporter, &mut Desk) -> R) -> R {
    let state = state();
    state.report_lock.lock::<Map>();
    // SAFETY: guarded by the lock; both lie in the mapping at `STATE`, and zero is a value of each.
    let (reporter, desk) =
        unsafe { (&mut *(&raw const state.reporter).cast_mut(), &mut *(REPORT_MEMORY as *mut Desk)) };
    let result = f(state, reporter, desk);
    state.report_lock.unlock();
    result
}

/// The system calls of reports.
struct Calls;

impl Os for Calls {
    fn write(&mut self, descriptor: i32, bytes: &[u8]) -> isize {
        sys::write(descriptor, bytes)
    }
    fn open_append(&mut self, path: &[u8]) -> isize {
        let flags = sys::O_WRONLY | sys::O_CREAT | sys::O_APPEND | sys::O_CLOEXEC;
        // SAFETY: the path ends in NUL, says the trait.
        unsafe { sys::open(path.as_ptr(), flags, 0o666) }
    }
    fn identity(&mut self, descriptor: i32) -> Option<FileId> {
        sys::identity(descriptor).map(|(device, inode)| FileId { device, inode })
    }
    fn wait_writable(&mut self, descriptor: i32, milliseconds: u32) {
        sys::wait_writable(descriptor, milliseconds);
    }
    fn ask(&mut self, path: &[u8], bytes: &[u8]) -> Option<u8> {
        sys::ask(path, bytes, ANSWER_MILLISECONDS)
    }
}

/// Sets the reporter up from the environment; also whether synchronisation is to be noted: as `HB_EXPLAIN` says (0 or 1), otherwise where
/// findings are written or hb listens, for Go's text has no place for it.
pub fn begin(state: &mut State, argv: *const *const u8) -> (Settings<'static>, bool) {
    // SAFETY: nobody else runs yet.
    let desk = unsafe { &mut *(REPORT_MEMORY as *mut Desk) };
    let (variables, scratch) = desk.scratch.split_at_mut(1 << 20);
    let mut executable = [0; 1024];
    let executable = sys::executable(&mut executable);
    let mut length = 0;
    if argv.is_null() {
        length = sys::read_file(b"/proc/self/environ\0", variables);
    }
    let mut count = 0;
    // SAFETY: `argv` is the argument vector, which ends in a null pointer.
    while !argv.is_null() && !unsafe { *argv.add(count) }.is_null() {
        count += 1;
    }
    let block: &[u8] = variables;
    let block = block.get(..length).unwrap_or(&[]);
    let value = |name: &[u8]| {
        if argv.is_null() {
            environment::in_block(block, name).unwrap_or(&[])
        } else {
            // SAFETY: `argv` is the argument vector of `count` strings that the kernel made; Go does not change it.
            unsafe { environment::after_arguments(argv, count, name, 64 << 10) }.unwrap_or(&[])
        }
    };
    let process = Process {
        gorace: value(b"GORACE"),
        findings: value(b"HB_FINDINGS"),
        ask: value(b"HB_ASK"),
        pid: sys::getpid() as u32,
        parent: sys::getppid() as u32,
        start: sys::wall_nanoseconds(),
        executable,
        go_version: b"",
    };
    let settings = state.reporter.begin(&mut Calls, &process, scratch);
    // The strings have been copied; what is returned is for its numbers.
    let explain = match value(b"HB_EXPLAIN") {
        [b'0'] => false,
        [b'1'] => true,
        _ => !process.findings.is_empty() || !process.ask.is_empty(),
    };
    (settings_numbers(&settings), explain)
}

fn settings_numbers(settings: &Settings<'_>) -> Settings<'static> {
    Settings {
        log_path: None,
        exit_code: settings.exit_code,
        strip_path_prefix: b"",
        history_size: settings.history_size,
        halt_on_error: settings.halt_on_error,
        atexit_sleep_ms: settings.atexit_sleep_ms,
        suppress_equal_stacks: settings.suppress_equal_stacks,
        suppress_equal_addresses: settings.suppress_equal_addresses,
    }
}

/// Says what is to be said at the end; the status to exit with if there were races.
pub fn finish() -> Option<i32> {
    with_desk(|state, reporter, desk| {
        each_limit(state, |name, count, meaning| {
            reporter.limit(&mut Calls, name, count, meaning, &mut desk.scratch);
        });
        reporter.finish(&mut Calls, &mut desk.scratch)
    })
}

/// The process exits with `status` by its own choice, of which Go's text says nothing: only the findings file is closed.
pub fn leave(status: i32) {
    with_desk(|state, reporter, desk| {
        each_limit(state, |name, count, _| reporter.note_limit(&mut Calls, name, count, &mut desk.scratch));
        reporter.leave(&mut Calls, status, &mut desk.scratch);
    });
}

/// Hands the limits that were reached to `say`: a word, how often, and what it means.
fn each_limit(state: &State, mut say: impl FnMut(&[u8], u64, &[u8])) {
    let limits = &state.detector.limits;
    let mut say = |name: &[u8], count: u64, meaning: &[u8]| {
        if count > 0 {
            say(name, count, meaning);
        }
    };
    say(
        b"accesses_per_word",
        limits.accesses_forgotten.load(Relaxed),
        b"of more than 1024 unordered accesses to one word some were forgotten; a race with those may be missed",
    );
    say(
        b"lanes",
        limits.lanes_forgotten.load(Relaxed),
        b"many goroutines ended that nobody waited for; a race between two of them may be missed",
    );
    say(
        b"go_statements",
        limits.depot_full.load(Relaxed),
        b"of some goroutines it is not known where they were created",
    );
    say(
        b"memory",
        limits.out_of_memory.load(Relaxed) + state.detector.clocks_exhausted() as u64,
        b"there was no memory to record something; races may be missed",
    );
}

/// Reports the races of one access of `ctx`.
#[cold]
pub fn report(ctx: &Context, conflicts: &Conflicts, write: bool, atomic: bool, size: usize, pc: usize) {
    with_desk(|state, reporter, desk| {
        for conflict in conflicts.as_slice() {
            if let Next::Exit(status) = one(state, reporter, desk, ctx, conflict, write, atomic, size, pc) {
                sys::exit_group(status);
            }
        }
    });
}

#[expect(clippy::too_many_arguments, reason = "one call, to keep the loop readable")]
fn one(
    state: &State,
    reporter: &mut hb_wire::Reporter,
    desk: &mut Desk,
    ctx: &Context,
    conflict: &Conflict,
    write: bool,
    atomic: bool,
    size: usize,
    pc: usize,
) -> Next {
    let detector = &state.detector;
    let overlap = conflict.earlier.mask() & conflict.mask;
    let addr = conflict.granule + overlap.trailing_zeros() as usize;
    let suppress = state.suppress_equal_stacks.load(Relaxed);
    let repeat = address_key(conflict.granule ^ pc.rotate_left(32));
    let place = desk.repeats.get_mut(repeat as usize % REPEATS);
    if let Some(place) = place
        && suppress
    {
        // 48 bits of key, 16 of count.
        if *place >> 16 != repeat >> 16 {
            *place = repeat & !0xffff;
        } else if *place & 0xffff >= ENOUGH {
            return Next::Continue;
        }
        *place += 1;
    }
    let [current_stack, previous_stack] = &mut desk.stacks;
    let mut n = 0;
    for (slot, value) in current_stack
        .iter_mut()
        .zip(core::iter::once(pc).chain(ctx.frames().iter().rev().map(|frame| frame.pc as usize)))
    {
        *slot = value;
        n += 1;
    }
    let current_state = if n <= ctx.depth() { StackState::Truncated } else { StackState::Full };
    let current_stack = current_stack.get(..n).unwrap_or(&[]);

    let earlier = conflict.earlier;
    let past = detector.past(
        earlier.lane(),
        earlier.clock(),
        conflict.granule,
        overlap,
        earlier.kind(),
        words(previous_stack),
    );
    let (previous_len, previous_state) = match &past {
        Some(past) => (
            past.frames,
            if past.state == history::StackState::Full { StackState::Full } else { StackState::Truncated },
        ),
        None => (0, StackState::Lost),
    };
    let previous_stack = previous_stack.get(..previous_len).unwrap_or(&[]);

    // SAFETY: Go gave the callback for this; we are on a stack on which Go takes it, and its strings are constants.
    let symbolizer = unsafe {
        Symbolizer::new(core::mem::transmute::<usize, hb_wire::symbolize::GoCallback>(state.callback.load(Relaxed)))
    };
    if suppress {
        let mut keys = Seen::new(&mut desk.keys);
        if keys.insert(stacks_key(current_stack, previous_stack)) == Inserted::Known {
            return Next::Continue;
        }
        // The read and the write of one `x++` are one race for who reads the report: the same lines, called from the same places.
        let line = |stack: &[usize]| stack.first().map_or(0, |pc| symbolizer.line_key(*pc));
        let key = lines_key(line(current_stack), outer(current_stack), line(previous_stack), outer(previous_stack));
        if keys.insert(key) == Inserted::Known {
            return Next::Continue;
        }
    }
    if state.suppress_equal_addresses.load(Relaxed) {
        let mut keys = Seen::new(&mut desk.keys);
        if keys.insert(address_key(addr)) == Inserted::Known {
            return Next::Continue;
        }
    }

    let [current_created, previous_created] = &mut desk.created;
    let [current_line, previous_line] = &mut desk.ancestry;
    let [current_test, previous_test] = &mut desk.tests;
    let mut current_steps = [NOBODY; ANCESTORS];
    let mut previous_steps = [NOBODY; ANCESTORS];
    let parent = detector.lane_info(ctx.lane).parent_goid.load(Relaxed);
    let current = who(ctx.goid.load(Relaxed), ctx.lane, false, ctx.created, parent);
    let previous = previous_owner(detector, earlier.lane(), earlier.clock(), past.as_ref());
    let code = state.callback.load(Relaxed);
    let [current_call, before_call, after_call, common_call] = &mut desk.calls;
    let mut current_sync = [SYNC; 1];
    let mut previous_sync = [SYNC; 2];
    let before = detector.last_mark(ctx.lane);
    let current_sync = told(&mut current_sync, [event(state, before, false, code, current_call), None]);
    let previous_sync = told(
        &mut previous_sync,
        [
            event(state, past.and_then(|past| past.before), false, code, before_call),
            event(state, past.and_then(|past| past.after), true, code, after_call),
        ],
    );
    let common = common(detector, ctx, earlier, &past, previous, current, code, common_call, &mut desk.common);
    let race = Race {
        current: Access {
            write,
            atomic,
            address: addr,
            size: if atomic { size } else { overlap.count_ones() as usize },
            goroutine: goroutine(detector, current, current_created, current_line, &mut current_steps, current_test),
            stack: Stack { pcs: current_stack, state: current_state },
            sync: current_sync,
            locks: &[],
        },
        previous: Access {
            write: earlier.kind().writes(),
            atomic: earlier.kind().atomic(),
            address: conflict.granule + earlier.mask().trailing_zeros() as usize,
            size: earlier.mask().count_ones() as usize,
            goroutine: goroutine(
                detector,
                previous,
                previous_created,
                previous_line,
                &mut previous_steps,
                previous_test,
            ),
            stack: Stack { pcs: previous_stack, state: previous_state },
            sync: previous_sync,
            locks: &[],
        },
        object: if detector.memory.in_heap(addr) {
            block(state, &symbolizer, addr, code, &mut desk.allocated, &mut desk.content)
        } else {
            // Only records have a place for it.
            Some(desk.globals.object(addr, reporter.records()))
        },
        common,
    };
    let next = reporter.race(&mut Calls, &symbolizer, &race, &mut desk.scratch);
    if next != Next::Known {
        state.races.fetch_add(1, Relaxed);
    }
    next
}

/// What is known of the block at `addr` from its allocation; `None` leaves it to Go's answer for blocks.
fn block<'a>(
    state: &State,
    symbolizer: &Symbolizer,
    addr: usize,
    code: usize,
    counters: &'a mut [usize; blocks::COUNTERS],
    text: &'a mut [u8],
) -> Option<Object<'a>> {
    let (start, size) = symbolizer.heap_block(addr).filter(|_| state.tells_blocks.load(Relaxed))?;
    let Some(found) = blocks::find(start, size, addr) else {
        let allocation = Some((0, Stack::LOST));
        return Some(Object { kind: ObjectKind::Heap, start, size, name: b"", allocation, content: None });
    };
    let mut n = 0;
    for (to, low) in counters.iter_mut().zip(found.counters) {
        if low != 0 {
            *to = counter(low, code);
            n += 1;
        }
    }
    let counters: &[usize] = counters;
    let stack = Stack {
        pcs: counters.get(..n).unwrap_or(&[]),
        state: if found.cut { StackState::Truncated } else { StackState::Full },
    };
    let mut object = Object {
        kind: ObjectKind::Heap,
        start: found.start,
        size: found.size,
        name: b"",
        allocation: Some((found.goid, stack)),
        content: None,
    };
    if found.type_ == blocks::CHANNEL {
        (object.start, object.size) = (start, size);
    } else if found.type_ != 0 {
        // SAFETY: Go tells of blocks, so it answers for types, and told of this one.
        object.content = unsafe { symbolizer.content(found.type_, found.size, addr - found.start, text) };
    }
    Some(object)
}

/// Nothing, in an array of events.
const SYNC: SyncEvent<'static> =
    SyncEvent { after: false, operation: SyncOperation::Go, address: 0, capacity: None, clock: 0, stack: Stack::LOST };

/// A program counter whose low half is `low`, near `code`.
fn counter(low: u32, code: usize) -> usize {
    let near = code & !0xffff_ffff | low as usize;
    if near > code && near - code > 1 << 31 {
        near - (1 << 32)
    } else if near < code && code - near > 1 << 31 {
        near + (1 << 32)
    } else {
        near
    }
}

/// A recorded event as reports tell it; its program counters lie in `memory`.
fn event<'a>(
    state: &State,
    mark: Option<Mark>,
    after: bool,
    code: usize,
    memory: &'a mut [usize; 2],
) -> Option<SyncEvent<'a>> {
    let mark = mark?;
    let operation = match mark.what {
        What::Acquire => SyncOperation::Acquire,
        What::Release => SyncOperation::Release,
        What::ReleaseMerge => SyncOperation::ReleaseMerge,
        What::ReleaseAcquire => SyncOperation::ReleaseAcquire,
        What::Load => SyncOperation::AtomicLoad,
        What::Store => SyncOperation::AtomicStore,
        What::Update => SyncOperation::AtomicRmw,
        What::Go => SyncOperation::Go,
        What::Untold => return None,
    };
    let mut n = 0;
    for low in [mark.callee, mark.pc] {
        if let Some(slot) = memory.get_mut(n)
            && low != 0
        {
            *slot = counter(low, code);
            n += 1;
        }
    }
    let memory: &[usize] = memory;
    let stack = Stack { pcs: memory.get(..n).unwrap_or(&[]), state: StackState::Truncated };
    let (address, capacity) = channel(state, mark.addr);
    Some(SyncEvent { after, operation, address, capacity, clock: mark.clock as u64, stack })
}

/// Where the object at `addr` is a buffered channel, where its buffer lies and its capacity: each slot of the buffer synchronises by itself.
fn channel(state: &State, addr: usize) -> (usize, Option<u64>) {
    if !state.tells_blocks.load(Relaxed) || !state.detector.memory.in_heap(addr) {
        return (addr, None);
    }
    // SAFETY: Go gave the callback for this; its strings are constants.
    let symbolizer = unsafe {
        Symbolizer::new(core::mem::transmute::<usize, hb_wire::symbolize::GoCallback>(state.callback.load(Relaxed)))
    };
    let found = symbolizer.heap_block(addr).and_then(|(start, size)| blocks::find(start, size, addr));
    match found {
        Some(found) if found.type_ == blocks::CHANNEL => (found.start, Some(found.size as u64)),
        _ => (addr, None),
    }
}

/// The events that there are, in the front of `memory`.
fn told<'a, 'b>(memory: &'b mut [SyncEvent<'a>], events: [Option<SyncEvent<'a>>; 2]) -> &'b [SyncEvent<'a>] {
    let mut n = 0;
    for event in events.into_iter().flatten() {
        if let Some(slot) = memory.get_mut(n) {
            *slot = event;
            n += 1;
        }
    }
    memory.get(..n).unwrap_or(&[])
}

/// The last event that precedes both accesses, as far as it can be told: what the present goroutine has heard last of the other one, or the
/// `go` statement by which one of the two started the other.
#[expect(clippy::too_many_arguments, reason = "one call, to keep the caller readable")]
fn common<'a>(
    detector: &Detector<Map>,
    ctx: &Context,
    earlier: hb_detector::Entry,
    past: &Option<Past>,
    previous: Who,
    current: Who,
    code: usize,
    memory: &'a mut [usize; 2],
    created: &'a mut [usize; CREATED],
) -> Option<Common<'a>> {
    let known = detector.known_of(ctx, earlier.lane());
    if previous.goid != 0 && previous.goid == current.parent {
        // Of its parent a goroutine knows at least what came before the go statement.
        let info = detector.lane_info(earlier.lane());
        if let Some(heard) = heard(detector, earlier.lane(), known, previous, code, memory)
            && known >= info.first.load(Relaxed)
        {
            return Some(heard);
        }
        let stack = stack(detector, current.created, created);
        return (!stack.pcs.is_empty()).then_some(Common { operation: SyncOperation::Go, goid: current.parent, stack });
    }
    if past.is_some()
        && known != 0
        && let Some(heard) = heard(detector, earlier.lane(), known, previous, code, memory)
    {
        return Some(heard);
    }
    if current.goid != 0 && current.goid == previous.parent {
        let stack = stack(detector, previous.created, created);
        return (!stack.pcs.is_empty()).then_some(Common {
            operation: SyncOperation::Go,
            goid: previous.parent,
            stack,
        });
    }
    None
}

/// The event by which others could learn of a goroutine's epoch `known`.
fn heard<'a>(
    detector: &Detector<Map>,
    lane: Lane,
    known: u32,
    who: Who,
    code: usize,
    memory: &'a mut [usize; 2],
) -> Option<Common<'a>> {
    let mark = detector.last_given(lane, known)?;
    let event = event(state(), Some(mark), false, code, memory)?;
    (!event.stack.pcs.is_empty()).then_some(Common { operation: event.operation, goid: who.goid, stack: event.stack })
}

/// A stack without its innermost frame.
fn outer(stack: &[usize]) -> &[usize] {
    stack.get(1..).unwrap_or(&[])
}

/// A goroutine before its stacks are fetched.
#[derive(Clone, Copy)]
struct Who {
    goid: u64,
    finished: bool,
    created: u32,
    parent: u64,
}

const NOBODY: Ancestor<'static> = Ancestor { goid: 0, created: Stack { pcs: &[], state: StackState::Lost } };

/// Without Go's numbers (the plain path) goroutines are numbered by lane; the main one is 1 in both.
fn who(goid: u64, lane: Lane, finished: bool, created: u32, parent: u64) -> Who {
    // Where nobody tells numbers, the main goroutine is known by its start alone.
    let unknown = if starts_main(created) { 1 } else { lane as u64 };
    Who { goid: if goid == 0 { unknown } else { goid }, finished, created, parent }
}

/// Whether a stack is that of the main goroutine's start. Go's start-up makes other goroutines outside of any function that has
/// a caller, too: those for callbacks from C threads.
fn starts_main(created: u32) -> bool {
    created != 0 && created == state().main_created.load(Relaxed)
}

/// Who had `lane` at its time `clock`.
fn previous_owner(detector: &Detector<Map>, lane: Lane, clock: u32, past: Option<&Past>) -> Who {
    let info = detector.lane_info(lane);
    let latest = clock >= info.first.load(Relaxed);
    let finished = !latest || info.context.load(Relaxed) == 0;
    match past {
        Some(past) => who(
            if past.goid == 0 && latest { info.goid.load(Relaxed) } else { past.goid },
            lane,
            finished,
            past.created,
            past.parent_goid,
        ),
        None if latest => {
            let parent = info.parent_goid.load(Relaxed);
            who(info.goid.load(Relaxed), lane, finished, info.created.load(Relaxed), parent)
        }
        None => Who { goid: 0, finished: true, created: 0, parent: 0 },
    }
}

fn goroutine<'a>(
    detector: &Detector<Map>,
    who: Who,
    created: &'a mut [usize; CREATED],
    line: &'a mut [[usize; CREATED]; ANCESTORS],
    steps: &'a mut [Ancestor<'a>; ANCESTORS],
    test: &'a mut [u8],
) -> Goroutine<'a> {
    let created = stack(detector, who.created, created);
    let mut id = who.created;
    let mut goid = who.parent;
    let mut n = 0;
    for (memory, step) in line.iter_mut().zip(steps.iter_mut()) {
        // The main goroutine ends the line; where numbers are not known the stacks go on.
        id = detector.depot.ancestor(id);
        if who.goid == 1 || (id == 0 && goid == 0) {
            break;
        }
        let mut created = stack(detector, id, memory);
        if starts_main(id) {
            goid = 1;
        }
        if goid == 1 {
            created = Stack { pcs: &[], state: StackState::Full };
        }
        *step = Ancestor { goid, created };
        n += 1;
        if goid == 1 {
            break;
        }
        goid = if goid == 0 { 0 } else { detector.parent_of(goid) };
    }
    let named = detector.depot.name(who.created, test);
    let test: &[u8] = test;
    Goroutine {
        goid: who.goid,
        is_main: who.goid == 1,
        finished: who.finished,
        created,
        test: test.get(..named).unwrap_or(&[]),
        ancestry: steps.get(..n).unwrap_or(&[]),
    }
}

fn stack<'a>(detector: &Detector<Map>, id: u32, memory: &'a mut [usize; CREATED]) -> Stack<'a> {
    let n = detector.depot.get(id, words(memory));
    let state = if n == 0 {
        StackState::Lost
    } else if n == CREATED {
        StackState::Truncated
    } else {
        StackState::Full
    };
    let memory: &[usize] = memory;
    Stack { pcs: memory.get(..n).unwrap_or(&[]), state }
}

fn words(memory: &mut [usize]) -> &mut [u64] {
    // SAFETY: `usize` and `u64` are the same on amd64.
    unsafe { &mut *(core::ptr::from_mut(memory) as *mut [u64]) }
}
