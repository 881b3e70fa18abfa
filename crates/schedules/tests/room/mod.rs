//! A small engine in memory of its own for each try, and the schedulers that try it.

// Each test file uses its own part of this.
#![allow(dead_code)]

use hb_detector_scheduled::atomic::{AtomicU8, AtomicU64, Ordering, set_hook};
use hb_detector_scheduled::context::FLAG_MAIN;
use hb_detector_scheduled::memory::{Memory, PAGE, REGIONS, Region};
use hb_detector_scheduled::sync::AtomicEffect;
use hb_detector_scheduled::{Conflicts, Context, Detector};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, Runner};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::Arc;
use std::time::Duration;

/// Addresses begin at 0 and end here.
pub const ADDRESSES: usize = 1024;

/// The sizes of the regions.
const SIZES: [(Region, usize); REGIONS.len()] = [
    (Region::Nodes, 1 << 20),
    (Region::NodeRefs, 1 << 16),
    (Region::Exts, 1 << 20),
    (Region::Blocks, 64 << 20),
    // Few names for epochs, so that they are recycled all the time.
    (Region::Stamps, NAMES * 8),
    (Region::StampMarks, 1 << 12),
    (Region::Lanes, 1 << 16),
    (Region::Depot, 4 << 20),
    (Region::Splits, 1 << 14),
];
/// Names for epochs.
pub const NAMES: usize = 256;

pub struct Room {
    regions: [(*mut u8, usize); REGIONS.len()],
    shadow: *mut AtomicU64,
    flags: *mut AtomicU8,
}

// SAFETY: the parts are separate pieces of one allocation, zero and aligned, which outlives the engine; one word for each granule,
// one flag for each page.
unsafe impl Memory for Room {
    fn region(&self, region: Region) -> (*mut u8, usize) {
        self.regions[REGIONS.iter().position(|r| *r == region).expect("every region is listed")]
    }
    fn word(&self, addr: usize) -> &AtomicU64 {
        assert!(addr < ADDRESSES);
        // SAFETY: within the shadow.
        unsafe { &*self.shadow.add(addr / 8) }
    }
    fn touched(&self, addr: usize) -> &AtomicU8 {
        assert!(addr < ADDRESSES);
        // SAFETY: within the flags.
        unsafe { &*self.flags.add(addr / PAGE) }
    }
    fn pause(_: u32) {
        // Tells the scheduler that this thread gets nowhere until another one has gone on.
        shuttle::thread::yield_now();
    }
    fn span(&self, nth: usize) -> Option<(usize, usize)> {
        (nth == 0).then_some((0, ADDRESSES))
    }
    fn discard(&self, _: *mut u8, _: usize) {}
}

const TOTAL: usize = 80 << 20;

fn layout() -> Layout {
    // An alignment that malloc does not give by itself would cost writing all of it.
    Layout::from_size_align(TOTAL, 16).expect("a size and an alignment")
}

/// An engine, freed when the last that has it lets go.
pub struct Engine {
    all: *mut u8,
    detector: *const Detector<Room>,
}

// SAFETY: the memory is shared by intent: that is what is tested.
unsafe impl Send for Engine {}
// SAFETY: as above.
unsafe impl Sync for Engine {}

impl Engine {
    pub fn new() -> Arc<Self> {
        // SAFETY: the size is not 0.
        let all = unsafe { alloc_zeroed(layout()) };
        assert!(!all.is_null());
        let (base, mut at) = (all.wrapping_add(all.align_offset(64)), 64);
        let mut piece = |bytes: usize| {
            let start = at;
            at = (at + bytes + 127) & !63;
            assert!(at <= TOTAL);
            base.wrapping_add(start - 64)
        };
        let (shadow, flags) = (piece(ADDRESSES).cast(), piece(ADDRESSES.div_ceil(PAGE)).cast());
        let regions = REGIONS.map(|region| {
            let size = SIZES.iter().find(|(r, _)| *r == region).expect("every region has a size").1;
            (piece(size), size)
        });
        let itself = piece(size_of::<Detector<Room>>()).cast();
        // SAFETY: zero, aligned, large enough, and freed after the last use.
        let detector = unsafe { Detector::init(itself, Room { regions, shadow, flags }) };
        Arc::new(Self { all, detector })
    }

    pub fn detector(&self) -> &Detector<Room> {
        // SAFETY: made in `new`, and as long-lived as `self`.
        unsafe { &*self.detector }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: from `alloc_zeroed` of the same layout; all users had a share of this.
        unsafe { dealloc(self.all, layout()) };
    }
}

/// A goroutine, to be used by one thread at a time.
pub struct Goroutine {
    engine: Arc<Engine>,
    context: *mut Context,
}

// SAFETY: the context is used by whoever has the goroutine, and by nobody else.
unsafe impl Send for Goroutine {}

/// The lanes of earlier accesses that an access raced with, in order and each once.
pub type Races = Vec<u32>;

impl Goroutine {
    pub fn main(engine: &Arc<Engine>) -> Self {
        let context = engine.detector().go_start(None, 1, FLAG_MAIN);
        Self { engine: Arc::clone(engine), context }
    }

    pub fn start(&mut self) -> Self {
        let engine = Arc::clone(&self.engine);
        let context = engine.detector().go_start(Some(self.parts().1), 1, 0);
        Self { engine, context }
    }

    pub fn end(self) {
        // SAFETY: it goes with `self`.
        unsafe { self.engine.detector().go_end(self.context) }
    }

    fn parts(&mut self) -> (&Detector<Room>, &mut Context) {
        // SAFETY: it came from `go_start`, has not ended, and only `self` knows of it.
        (self.engine.detector(), unsafe { &mut *self.context })
    }

    pub fn lane(&mut self) -> u32 {
        self.parts().1.lane
    }

    fn told(&mut self, act: impl FnOnce(&Detector<Room>, &mut Context, &mut Conflicts)) -> Races {
        let mut out = Conflicts::new();
        let (detector, context) = self.parts();
        act(detector, context, &mut out);
        let mut lanes: Vec<_> = out.as_slice().iter().map(|conflict| conflict.earlier.lane()).collect();
        // Of a word whose bytes are kept one by one, an earlier access may be told in pieces.
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    }

    pub fn access(&mut self, addr: usize, size: usize, write: bool) -> Races {
        self.told(|detector, context, out| detector.access(context, addr, size, write, 7, out))
    }

    pub fn write(&mut self, addr: usize) -> Races {
        self.access(addr, 8, true)
    }

    pub fn read(&mut self, addr: usize) -> Races {
        self.access(addr, 8, false)
    }

    pub fn acquire(&mut self, addr: usize) {
        let (detector, context) = self.parts();
        detector.acquire(context, addr);
    }

    pub fn release(&mut self, addr: usize) {
        let (detector, context) = self.parts();
        detector.release(context, addr);
    }

    pub fn release_merge(&mut self, addr: usize) {
        let (detector, context) = self.parts();
        detector.release_merge(context, addr);
    }

    pub fn take_lock(&mut self, addr: usize) -> Races {
        self.told(|detector, context, out| detector.take_lock(context, addr, 7, out))
    }

    pub fn give_lock(&mut self, addr: usize) -> Races {
        self.told(|detector, context, out| detector.give_lock(context, addr, 7, out))
    }

    /// The program's atomic variable `variable`, whose address is `addr`, is set.
    pub fn store(&mut self, addr: usize, variable: &AtomicU64, value: u64) -> Races {
        self.told(|detector, context, out| {
            detector
                .atomic(context, addr, 8, 7, out, || (variable.store(value, Ordering::SeqCst), AtomicEffect::Store));
        })
    }

    /// It is added to; gives what it was.
    pub fn add(&mut self, addr: usize, variable: &AtomicU64) -> u64 {
        let mut out = Conflicts::new();
        let (detector, context) = self.parts();
        let old = detector.atomic(context, addr, 8, 7, &mut out, || {
            (variable.fetch_add(1, Ordering::SeqCst), AtomicEffect::ReadModifyWrite)
        });
        assert!(out.is_empty());
        old
    }

    /// It is read, as the runtime does: from memory of what was known before, if that still holds.
    pub fn load(&mut self, addr: usize, variable: &AtomicU64) -> u64 {
        let mut out = Conflicts::new();
        let (detector, context) = self.parts();
        let load = || variable.load(Ordering::SeqCst);
        let value = detector
            .load_again(context, addr, 8, load)
            .unwrap_or_else(|| detector.atomic(context, addr, 8, 7, &mut out, || (load(), AtomicEffect::Load)));
        assert!(out.is_empty());
        value
    }

    pub fn forget(&mut self, addr: usize, size: usize) {
        let (detector, context) = self.parts();
        detector.forget(context.shard, addr, size);
    }
}

/// Joins a thread that did not panic.
pub fn joined<T>(thread: shuttle::thread::JoinHandle<T>) -> T {
    thread.join().expect("no thread panics")
}

fn step() {
    // A point at which another thread may go on; the time means nothing here.
    shuttle::thread::sleep(Duration::ZERO);
}

/// Stays with a thread for a while, for runs of another length in each try, before it chooses another at random.
struct Bursts {
    choice: RandomScheduler,
    tries: u64,
    /// What steps are drawn from.
    draws: u64,
}

impl Bursts {
    fn draw(&mut self, below: u64) -> u64 {
        // An LCG (Knuth's MMIX); its high bits are good enough here.
        self.draws = self.draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.draws >> 33) % below
    }
}

impl Scheduler for Bursts {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.tries += 1;
        self.choice.new_execution()
    }
    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        // Runs of 4, 16, 64 or 256 steps in the mean.
        let mean = 4 << (self.tries % 4 * 2);
        let stays = !is_yielding && self.draw(mean) != 0;
        match current.filter(|current| stays && runnable.iter().any(|task| task.id() == *current)) {
            Some(current) => Some(current),
            None => self.choice.next_task(runnable, current, is_yielding),
        }
    }
    fn next_u64(&mut self) -> u64 {
        self.choice.next_u64()
    }
}

/// Tries `body` under many orders of its threads' steps: a third of them with a choice at each step, a third with a choice now and
/// then, and a third with few changes at points chosen beforehand (PCT). `HB_SCHEDULES` is the number of tries, and
/// `SHUTTLE_RANDOM_SEED` chooses other ones than those of every test run.
pub fn try_schedules(tries: usize, body: impl Fn() + Send + Sync + 'static) {
    let tries = std::env::var("HB_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(tries);
    let third = tries.div_ceil(3);
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    set_hook(step);
    let body = Arc::new(body);
    let again = || {
        let body = Arc::clone(&body);
        move || body()
    };
    let choice = || RandomScheduler::new_from_seed(1, third);
    Runner::new(choice(), config.clone()).run(again());
    Runner::new(Bursts { choice: choice(), tries: 0, draws: 1 }, config.clone()).run(again());
    Runner::new(PctScheduler::new_from_seed(1, 4, third), config).run(again());
}

/// Runs the first thread that the body starts for so many steps, one more in each try, then the second one for as long as it gets
/// on, then the first one again: as if the system took the processor away from the first thread at this point for a long time.
struct Preemption {
    choice: RandomScheduler,
    /// The step of the first thread before which it happens.
    at: usize,
    /// Steps of the first thread so far.
    steps: usize,
}

const STARTER: usize = 0;
const FIRST: usize = 1;
const SECOND: usize = 2;

impl Scheduler for Preemption {
    fn new_execution(&mut self) -> Option<Schedule> {
        if self.steps < self.at {
            // It came to its end before.
            return None;
        }
        (self.at, self.steps) = (self.at + 1, 0);
        self.choice.new_execution()
    }
    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        let current = current.map(usize::from);
        let order = match current {
            None | Some(STARTER) => [STARTER, FIRST, SECOND],
            _ if self.steps < self.at => [FIRST, SECOND, STARTER],
            _ => [SECOND, FIRST, STARTER],
        };
        let can = |id: usize| runnable.iter().any(|task| usize::from(task.id()) == id);
        let waits = |id: usize| is_yielding && current == Some(id);
        let next = order.into_iter().find(|&id| can(id) && !waits(id)).or(current)?;
        self.steps += usize::from(next == FIRST);
        Some(next.into())
    }
    fn next_u64(&mut self) -> u64 {
        self.choice.next_u64()
    }
}

/// Tries `body`, which starts two threads, with one preemption of the first by the second, at each of its steps in turn.
pub fn try_preemptions(body: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    set_hook(step);
    let choice = RandomScheduler::new_from_seed(1, usize::MAX);
    Runner::new(Preemption { choice, at: 0, steps: 0 }, config).run(body);
}
