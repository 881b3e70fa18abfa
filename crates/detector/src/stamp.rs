//! Stamps: 23-bit names of epochs, short enough that two records fit in one shadow word.
//!
//! A stamp stands for one (lane, clock). A context takes one when it first records a plain access in an epoch and drops it
//! at its next release. Most stamps soon stand in no shadow word any more, so names are recycled by marking: a cycle marks
//! every stamp that stands in a shadow word or is some context's current one; all others are handed out again.
//!
//! Why a cycle is sound while the program runs: names handed out before the cycle and found nowhere cannot come back. A
//! name enters a shadow word only from its context (a root: contexts are read before the shadow, and a context that drops
//! its stamp has finished writing it), or from the same word. No name is handed out during a cycle.
//!
//! When no name is left the caller records full epochs in precise records ([`crate::ext`]) instead: memory, not precision, is lost.

use crate::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::epoch::{Clock, Lane};
use crate::extent::Extent;
use crate::for_assembly::for_assembly;
use crate::memory::{Memory, PAGE, SHARDS, Spin};
use crate::scan::{Seen, each_word};
use crate::shadow::Word;
pub use crate::shadow::{NO_STAMP, STAMP_BITS, STAMP_END};
use core::cell::UnsafeCell;
use core::mem::offset_of;

/// The fewest stamps between two recycling cycles.
const MIN_CYCLE: u32 = 1 << 20;

/// Names at hand. The fast paths in assembly take from it, too.
#[repr(C, align(64))]
struct Batch {
    lock: Spin,
    /// The first stamp.
    base: UnsafeCell<u32>,
    /// A bit for each stamp from there on that is free.
    free: UnsafeCell<u64>,
}

for_assembly! {
    /// log2 of the bytes of a batch.
    BATCH_SHIFT = size_of::<Batch>().ilog2();
    /// A shard's batch is the one of these bits of its number.
    BATCH_MASK = SHARDS - 1;
    /// [`Batch::lock`]: 0 when it is open, otherwise 1.
    BATCH_LOCK = offset_of!(Batch, lock);
    /// [`Batch::base`].
    BATCH_BASE = offset_of!(Batch, base);
    /// [`Batch::free`].
    BATCH_FREE = offset_of!(Batch, free);
}
const _: () = assert!(size_of::<Batch>().is_power_of_two() && SHARDS.is_power_of_two());

/// Where the batches lie in [`Stamps`].
pub(crate) const BATCHES: usize = offset_of!(Stamps, batches);
/// Where the number of cycles lies in [`Stamps`].
pub(crate) const CYCLES: usize = offset_of!(Stamps, cycles);

/// Who uses stamps: what recycling must know of it.
pub trait Uses {
    /// A cycle begins.
    fn begin(&self);
    /// Gives each stamp that may enter a shadow word to `mark`.
    fn roots(&self, mark: &mut dyn FnMut(u32));
    /// Gives each stamp in the cells of a split word's bytes to `mark`. `false`: somebody has taken the cells, and will put them
    /// somewhere else or back.
    fn split(&self, index: u32, mark: &mut dyn FnMut(u32)) -> bool;
    /// A cycle ends, in which those stamps were found for which `found` says so; all others go.
    fn end(&self, found: impl Fn(u32) -> bool);
}

/// The table of stamps and its recycling.
#[repr(C)]
pub struct Stamps {
    table: *mut AtomicU64,
    limit: u32,
    extent: Extent,
    /// First name never handed out; a multiple of 64. Guarded by `lock`, like all that follows.
    bump: UnsafeCell<u32>,
    marks: [*mut AtomicU64; 2],
    active: UnsafeCell<usize>,
    /// Next mark word to look for free names in.
    cursor: UnsafeCell<u32>,
    /// Names below this may be handed out before the next cycle.
    target: UnsafeCell<u32>,
    lock: Spin,
    batches: [Batch; SHARDS],
    /// Recycling cycles so far.
    pub cycles: AtomicU32,
    /// Times no name was left.
    pub exhausted: AtomicU64,
}

impl Stamps {
    /// Takes over the regions.
    pub fn init<M: Memory>(&mut self, table: (*mut u8, usize), marks: (*mut u8, usize)) {
        self.table = table.0.cast();
        self.extent = Extent::new(table.0, table.1);
        Extent::new(marks.0, marks.1).reach::<M>(marks.1);
        let fit = (table.1 / 8) as u32 & !63;
        let fit_marks = (marks.1 / 2 * 8) as u32 & !63;
        let fit = if fit < fit_marks { fit } else { fit_marks };
        self.limit = if fit < STAMP_END { fit } else { STAMP_END };
        self.marks = [marks.0.cast(), marks.0.wrapping_add((marks.1 / 2) & !63).cast()];
        self.bump = UnsafeCell::new(0);
        self.active = UnsafeCell::new(0);
        self.cursor = UnsafeCell::new(u32::MAX);
        self.target = UnsafeCell::new(if self.limit < MIN_CYCLE { self.limit } else { MIN_CYCLE });
    }

    /// What a stamp stands for: lane above clock, or a set ([`crate::sets`]).
    #[inline]
    pub(crate) fn name(&self, stamp: u32) -> u64 {
        // SAFETY: stamps in shadow words were handed out by `take`, so they are below the table's limit.
        unsafe { (*self.table.wrapping_add(stamp as usize)).load(Ordering::Acquire) }
    }

    /// The epoch that a stamp stands for.
    #[inline]
    pub fn epoch(&self, stamp: u32) -> (Lane, Clock) {
        let bits = self.name(stamp);
        ((bits >> 32) as u32, bits as u32)
    }

    /// Takes a name for an epoch and stores it into `slot`, shifted as in a shadow cell. `false`: none was at hand, and
    /// the caller should try [`Stamps::refill`].
    #[inline]
    pub fn take<M: Memory>(&self, shard: u32, lane: Lane, clock: Clock, slot: &AtomicU32) -> bool {
        self.take_name::<M>(shard, u64::from(lane) << 32 | u64::from(clock), slot)
    }

    /// As [`Stamps::take`], for anything that a stamp can stand for.
    #[inline]
    pub(crate) fn take_name<M: Memory>(&self, shard: u32, name: u64, slot: &AtomicU32) -> bool {
        let batch = &self.batches[shard as usize % SHARDS];
        batch.lock.lock::<M>();
        // SAFETY: guarded by the batch's lock.
        let free = unsafe { &mut *batch.free.get() };
        let some = *free != 0;
        if some {
            // SAFETY: guarded by the batch's lock.
            let stamp = unsafe { *batch.base.get() } + free.trailing_zeros();
            *free &= *free - 1;
            // SAFETY: the name is below the table's limit and ours.
            unsafe { (*self.table.wrapping_add(stamp as usize)).store(name, Ordering::Release) };
            // Stored under the lock: a cycle that has emptied the batches sees either the name or the new slot.
            slot.store(stamp << 8, Ordering::Release);
        }
        batch.lock.unlock();
        some
    }

    /// Fetches names for a shard. `false`: every name is in use. `uses` says what may enter a shadow word.
    #[cold]
    pub fn refill<M: Memory>(&self, memory: &M, shard: u32, uses: &impl Uses) -> bool {
        self.lock.lock::<M>();
        let mut got = self.next_batch::<M>();
        if got.1 == 0 {
            self.cycle(memory, uses);
            got = self.next_batch::<M>();
        }
        if got.1 != 0 {
            let batch = &self.batches[shard as usize % SHARDS];
            batch.lock.lock::<M>();
            // SAFETY: guarded by the batch's lock.
            unsafe {
                if *batch.free.get() == 0 {
                    *batch.base.get() = got.0;
                    *batch.free.get() = got.1;
                }
                // else: another thread refilled meanwhile; these names rest until the next cycle.
            }
            batch.lock.unlock();
        } else {
            self.exhausted.fetch_add(1, Ordering::Relaxed);
        }
        self.lock.unlock();
        got.1 != 0
    }

    /// Until [`Stamps::let_go`] no name is handed out anew.
    pub(crate) fn hold<M: Memory>(&self) {
        self.lock.lock::<M>();
    }

    /// Ends what [`Stamps::hold`] began.
    pub(crate) fn let_go(&self) {
        self.lock.unlock();
    }

    /// The next 64-name window with free names. Called with `lock` held.
    fn next_batch<M: Memory>(&self) -> (u32, u64) {
        // SAFETY: guarded by `lock`.
        let (bump, cursor, target, active) =
            unsafe { (&mut *self.bump.get(), &mut *self.cursor.get(), *self.target.get(), *self.active.get()) };
        if *cursor != u32::MAX {
            while *cursor * 64 < *bump {
                let word = *cursor;
                *cursor += 1;
                // SAFETY: below the marks' size.
                let taken = unsafe { (*self.marks[active & 1].wrapping_add(word as usize)).load(Ordering::Relaxed) };
                if taken != u64::MAX {
                    return (word * 64, !taken);
                }
            }
        }
        if *bump < target && self.extent.reach::<M>((*bump as usize + 64) * size_of::<AtomicU64>()) {
            let base = *bump;
            *bump += 64;
            // Names above the last cycle's have no marks: they come from here only.
            if *cursor != u32::MAX {
                *cursor = *bump / 64;
            }
            return (base, if base == 0 { !1 } else { !0 });
        }
        (0, 0)
    }

    /// Marks what is in use and frees the rest. Called with `lock` held.
    fn cycle<M: Memory>(&self, memory: &M, uses: &impl Uses) {
        uses.begin();
        for batch in &self.batches {
            batch.lock.lock::<M>();
            // SAFETY: guarded by the batch's lock.
            unsafe { *batch.free.get() = 0 };
            batch.lock.unlock();
        }
        // SAFETY: guarded by `lock`.
        let (bump, active) = unsafe { (*self.bump.get(), *self.active.get() ^ 1) };
        let marks = self.marks[active & 1];
        let words = (bump / 64) as usize;
        for i in 0..words {
            // SAFETY: below the marks' size.
            unsafe { (*marks.wrapping_add(i)).store(0, Ordering::Relaxed) };
        }
        let mut live = 0u32;
        let mut mark = |stamp: u32| {
            if stamp != 0 && stamp < bump {
                // SAFETY: below `bump`, so below the marks' size.
                let word = unsafe { &*marks.wrapping_add(stamp as usize / 64) };
                let old = word.load(Ordering::Relaxed);
                let new = old | 1 << (stamp % 64);
                if old != new {
                    word.store(new, Ordering::Relaxed);
                    live += 1;
                }
            }
        };
        uses.roots(&mut mark);
        let pages = each_word(memory, |_, word| match Word::unpack(word) {
            Word::Cells { write, read } => {
                mark(write.stamp());
                mark(read.stamp());
                Seen::Whole
            }
            Word::Writes { write, other } => {
                mark(write.stamp());
                mark(other.stamp());
                Seen::Whole
            }
            // Who has taken the cells waits for nothing that this cycle holds.
            Word::Split(index) if uses.split(index, &mut mark) => Seen::WholeUnlessChanged,
            Word::Split(_) => Seen::Part,
            Word::Precise(_) => Seen::Whole,
        });
        if words > 0 {
            // SAFETY: word 0 exists; name 0 is never handed out.
            unsafe { (*marks).fetch_or(1, Ordering::Relaxed) };
        }
        let wanted =
            MIN_CYCLE.max(live.saturating_mul(2)).max(pages.saturating_mul(PAGE as u32 / 128)).min(self.limit) & !63;
        // SAFETY: guarded by `lock`.
        unsafe {
            *self.active.get() = active;
            *self.cursor.get() = 0;
            *self.target.get() = wanted.max(*self.target.get());
        }
        self.cycles.fetch_add(1, Ordering::AcqRel);
        // SAFETY: below the marks' size: names in use are below `bump`.
        uses.end(|stamp| unsafe {
            (*marks.wrapping_add(stamp as usize / 64)).load(Ordering::Relaxed) >> (stamp % 64) & 1 != 0
        });
    }
}
