//! Sets of reads: what many goroutines read is named by one stamp.
//!
//! A table that many goroutines read has the same readers in all of its words. So the read cell of a shadow word may hold the name of a
//! set of reads (epochs with byte masks) instead of that of one epoch. Sets are interned: equal ones have one name, so a thousand
//! words that were read by the same goroutines cost one set. A further read leads from one set to another; each goroutine remembers
//! the steps it took, so the next word that holds the same set is a look at those and one compare-and-swap, and a set
//! that says the read already is a step to itself.
//!
//! A word whose readers change with every epoch would make a new set for each of them: there a precise record is cheaper.
//! So a goroutine pays for sets that it makes from a credit, and earns it by steps that it takes again.
//!
//! The names are stamps and are recycled like those ([`crate::stamp`]): a set lives as long as its name stands in a shadow word or among the steps of
//! some goroutine. While a cycle runs no set is looked up or made, so no name that the cycle did not find enters a word.

use crate::Detector;
use crate::atomic::{AtomicU32, Ordering};
use crate::context::Context;
use crate::epoch::{Entry, Kind};
use crate::for_assembly::for_assembly;
use crate::memory::{Blocks, Memory, Spin};
use crate::readers::GOLDEN;
use crate::shadow::Cell;
use core::cell::UnsafeCell;
use core::mem::{MaybeUninit, offset_of};

/// The most reads in a set; of more than these a precise record is made.
pub const MEMBERS: usize = 127;
/// In what a stamp stands for: a set, not an epoch. Below it the number of members from bit 32 on, and their block.
pub(crate) const SET: u64 = 1 << 63;
/// How many steps a goroutine remembers. A power of two.
const STEPS: usize = 64;
/// A step's place is the highest bits of (cell XOR mask shifted by this) times [`crate::readers::GOLDEN`].
const STEP_MASK_SHIFT: u32 = 17;
/// The distance of those highest bits.
const STEP_HASH_SHIFT: u32 = 32 - STEPS.ilog2();
/// What a goroutine may spend on sets before it has earned anything, and again after so many refusals.
const CREDIT: i32 = 64;
const REFUSALS: u32 = 256;
/// The most credit that counts.
const MOST_CREDIT: i32 = 1 << 16;
/// log2 of the slots of the table of sets.
const SLOT_BITS: u32 = 16;
const TABLE_CLASS: u32 = SLOT_BITS + 2;
const STEPS_CLASS: u32 = 11;

/// Reading the bytes of `mask` leads from the read cell `from` to the read cell `to`, in the epoch of the stamp `own` (as in a cell).
#[repr(C)]
struct Step {
    from: u32,
    mask: u32,
    to: AtomicU32,
    own: u32,
}

/// The steps that a goroutine remembers. The fast paths in assembly look there.
#[repr(C)]
pub struct Steps {
    /// The recycling cycle in which they were taken; they hold in no other.
    cycle: u32,
    credit: i32,
    refused: u32,
    _pad: u32,
    /// For the fast paths: the last step that led to the cell itself, its cell and mask, and its epoch.
    last: u64,
    last_own: u32,
    _pad_last: u32,
    steps: [Step; STEPS],
}

for_assembly! {
    /// The bit of what a stamp stands for that says that it is a set.
    STAMP_SET_BIT = SET.ilog2();
    /// There, the bits of the number of members, above the lane's place.
    STAMP_SET_MEMBERS = MEMBERS;
    /// [`Steps::cycle`].
    STEPS_CYCLE = offset_of!(Steps, cycle);
    /// [`Steps::credit`].
    STEPS_CREDIT = offset_of!(Steps, credit);
    /// [`Steps::last`]: cell and mask as in a [`Step`].
    STEPS_LAST = offset_of!(Steps, last);
    /// [`Steps::last_own`].
    STEPS_LAST_OWN = offset_of!(Steps, last_own);
    /// Of the first step, [`Step::from`]; [`Step::mask`] lies behind it.
    STEP_FROM = offset_of!(Steps, steps) + offset_of!(Step, from);
    /// Of the first step, [`Step::mask`].
    STEP_MASK = offset_of!(Steps, steps) + offset_of!(Step, mask);
    /// Of the first step, [`Step::to`]; [`Step::own`] lies behind it.
    STEP_TO = offset_of!(Steps, steps) + offset_of!(Step, to);
    /// Of the first step, [`Step::own`].
    STEP_OWN = offset_of!(Steps, steps) + offset_of!(Step, own);
    /// log2 of the bytes of a step.
    STEP_SHIFT = size_of::<Step>().ilog2();
    /// A step's place: see [`Steps::at`].
    STEP_HASH_MASK_SHIFT = STEP_MASK_SHIFT;
    /// See [`Steps::at`].
    STEP_HASH_RESULT_SHIFT = STEP_HASH_SHIFT;
}
const _: () = assert!(offset_of!(Step, mask) == offset_of!(Step, from) + 4);
const _: () = assert!(offset_of!(Step, own) == offset_of!(Step, to) + 4);
const _: () = assert!(size_of::<Step>().is_power_of_two() && STEPS.is_power_of_two());
const _: () = assert!(size_of::<Steps>() <= 1 << STEPS_CLASS);

impl Steps {
    #[inline]
    fn at(from: u32, mask: u8) -> usize {
        ((from ^ u32::from(mask) << STEP_MASK_SHIFT).wrapping_mul(GOLDEN) >> STEP_HASH_SHIFT) as usize
    }

    /// The step from a cell, if it is remembered.
    #[inline]
    fn find(&self, from: Cell, mask: u8, own: u32) -> Option<Cell> {
        let step = &self.steps[Self::at(from.0, mask)];
        (step.from == from.0 && step.mask == u32::from(mask) && step.own == own)
            .then(|| Cell(step.to.load(Ordering::Relaxed)))
    }
}

/// What a further read makes of a read cell.
pub(crate) enum Stepped {
    /// This cell; the same one when it says the read already.
    To(Cell),
    /// It does not stand in its word any more.
    Changed,
    /// That should be said by a precise record.
    Refused,
}

/// The table of sets.
#[repr(C)]
pub struct Sets {
    lock: Spin,
    /// A recycling cycle runs.
    closed: UnsafeCell<bool>,
    /// Block of the table: names by the hash of their sets; 0 when there was no set yet.
    table: UnsafeCell<u32>,
    count: UnsafeCell<u32>,
    /// Sets ever made.
    pub made: AtomicU32,
}

fn hash(members: &[Entry]) -> u32 {
    let mut sum = 0u64;
    for member in members {
        sum = (sum ^ member.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^= sum >> 29;
    }
    (sum >> 32) as u32
}

/// What a set's stamp stands for, taken apart: block and number of members.
#[inline]
fn parts(name: u64) -> (u32, usize) {
    (name as u32, (name >> 32) as usize & MEMBERS)
}

fn class(members: usize) -> u32 {
    Blocks::class_of(members * 8)
}

impl<M: Memory> Detector<M> {
    /// Goes through the reads that a read cell stands for.
    #[inline]
    pub(crate) fn reads(&self, cell: Cell, mut each: impl FnMut(Entry)) {
        if cell.is_empty() {
            return;
        }
        let name = self.stamps.name(cell.stamp());
        if name & SET == 0 {
            each(Entry::new((name >> 32) as u32, name as u32, cell.mask(), Kind::Read));
            return;
        }
        let (block, len) = parts(name);
        let members = self.blocks.at::<Entry>(block);
        for i in 0..len {
            // SAFETY: sets are complete before their name stands anywhere and never change. If the name has been recycled
            // meanwhile, the block is still mapped, and what is done with the content fails with the word's compare-and-swap.
            let member = unsafe { members.add(i).read_volatile() };
            let mask = member.mask() & cell.mask();
            if mask != 0 {
                each(member.with_mask(mask));
            }
        }
    }

    /// Whether a read cell is known to have the read of `mask` in the present epoch.
    #[inline]
    pub(crate) fn read_in_set(&self, ctx: &Context, cell: Cell, mask: u8) -> bool {
        let steps = ctx.steps.load(Ordering::Relaxed);
        // SAFETY: a context's steps are its own until it ends.
        !steps.is_null()
            && !cell.is_empty()
            && unsafe {
                (*steps).cycle == self.stamps.cycles.load(Ordering::Acquire)
                    && (*steps).find(cell, mask, ctx.stamp.load(Ordering::Relaxed)) == Some(cell)
            }
    }

    /// What the read cell `read` becomes when `ctx`, which has a stamp, reads the bytes of `mask`. `still` tells whether the cell stands
    /// in its word.
    pub(crate) fn step(&self, ctx: &Context, read: Cell, mask: u8, still: impl Fn() -> bool) -> Stepped {
        let Some(steps) = self.steps_of(ctx) else { return Stepped::Refused };
        let own = ctx.stamp.load(Ordering::Relaxed);
        let cycle = self.stamps.cycles.load(Ordering::Acquire);
        if steps.cycle != cycle {
            steps.cycle = cycle;
            steps.last = 0;
            for step in &mut steps.steps {
                step.from = 0;
            }
        }
        if let Some(to) = steps.find(read, mask, own) {
            steps.credit = steps.credit.saturating_add(1).min(MOST_CREDIT);
            return Stepped::To(to);
        }
        // What the cell's stamp stands for in this cycle is only known of one that still stands in its word.
        if !still() {
            return Stepped::Changed;
        }
        if steps.credit <= 0 {
            steps.refused = steps.refused.wrapping_add(1);
            if !steps.refused.is_multiple_of(REFUSALS) {
                return Stepped::Refused;
            }
            steps.credit = CREDIT;
        }
        let mut members = [const { MaybeUninit::<Entry>::uninit() }; MEMBERS + 1];
        let (mut len, mut mine, mut union) = (0, mask, 0);
        self.reads(read, |old| {
            let own_lane = old.lane() == ctx.lane;
            if own_lane && old.clock() == ctx.now() {
                mine |= old.mask();
                return;
            }
            let rest =
                if own_lane || self.knows(ctx, old.lane(), old.clock()) { old.mask() & !mask } else { old.mask() };
            if rest != 0 {
                if let Some(slot) = members.get_mut(len) {
                    slot.write(old.with_mask(rest));
                }
                union |= rest;
                len += 1;
            }
        });
        if len >= MEMBERS {
            return Stepped::Refused;
        }
        let step = &mut steps.steps[Steps::at(read.0, mask)];
        let to = if len == 0 {
            let to = Cell::new(own >> 8, mine);
            step.to.store(to.0, Ordering::Relaxed);
            to
        } else {
            members[len].write(Entry::new(ctx.lane, ctx.now(), mine, Kind::Read));
            len += 1;
            // SAFETY: the first `len` were written.
            let members = unsafe { core::slice::from_raw_parts_mut(members.as_mut_ptr().cast::<Entry>(), len) };
            members.sort_unstable_by_key(|member| member.0);
            steps.credit = steps.credit.min(MOST_CREDIT) - 1 - len as i32 / 8;
            step.from = 0;
            let Some(to) = self.intern_set(ctx.shard, members, union | mine, &step.to) else { return Stepped::Refused };
            to
        };
        (step.from, step.mask, step.own) = (read.0, u32::from(mask), own);
        // A read that the set says already is a step to itself.
        let again = &mut steps.steps[Steps::at(to.0, mask)];
        if again.from != read.0 || again.mask != u32::from(mask) {
            (again.from, again.mask, again.own) = (to.0, u32::from(mask), own);
            again.to.store(to.0, Ordering::Relaxed);
        }
        Stepped::To(to)
    }

    /// [`Detector::step`] from the name of a set; `None` from that of an epoch.
    #[inline]
    pub(crate) fn step_from_set(
        &self,
        ctx: &Context,
        read: Cell,
        mask: u8,
        still: impl Fn() -> bool,
    ) -> Option<Stepped> {
        (self.stamps.name(read.stamp()) & SET != 0).then(|| self.step(ctx, read, mask, still))
    }

    // They are the goroutine's own: see below.
    #[allow(clippy::mut_from_ref)]
    fn steps_of(&self, ctx: &Context) -> Option<&mut Steps> {
        let mut steps = ctx.steps.load(Ordering::Relaxed);
        if steps.is_null() {
            let block = self.blocks.alloc(&self.memory, STEPS_CLASS, ctx.shard);
            if block == 0 {
                return None;
            }
            steps = self.blocks.at::<Steps>(block);
            // SAFETY: a fresh block of enough bytes, for which zero is a valid content.
            unsafe {
                core::ptr::write_bytes(steps, 0, 1);
                (*steps).credit = CREDIT;
            }
            ctx.steps.store(steps, Ordering::Release);
        }
        // SAFETY: only the context's goroutine comes here, once at a time; recycling looks at the atomics alone.
        Some(unsafe { &mut *steps })
    }

    /// Frees a context's steps.
    pub(crate) fn drop_steps(&self, ctx: &mut Context) {
        let steps = core::mem::replace(ctx.steps.get_mut(), core::ptr::null_mut());
        if !steps.is_null() {
            // SAFETY: the block came from this class, and the context is at its end.
            unsafe { self.blocks.free(&self.memory, STEPS_CLASS, ctx.shard, self.blocks.index_of(steps)) };
        }
    }

    /// Gives the recycling the stamps that a context may put into a word.
    pub(crate) fn roots(&self, ctx: &Context, mark: &mut dyn FnMut(u32)) {
        mark(ctx.stamp.load(Ordering::Acquire) >> 8);
        let steps = ctx.steps.load(Ordering::Acquire);
        if !steps.is_null() {
            for i in 0..STEPS {
                // SAFETY: blocks stay mapped. If the context has ended meanwhile, the names are some or none: too many are kept.
                mark(unsafe { (*steps).steps[i].to.load(Ordering::Acquire) } >> 8);
            }
        }
    }

    /// The name of a set, as a cell of the bytes of `mask`, which is also put into `slot`; `members` are sorted. `None`: it can't be had.
    fn intern_set(&self, shard: u32, members: &[Entry], mask: u8, slot: &AtomicU32) -> Option<Cell> {
        for attempt in 0..2 {
            self.sets.lock.lock::<M>();
            let found = self.intern_locked(shard, members, mask, slot);
            self.sets.lock.unlock();
            match found {
                Ok(cell) => return cell,
                // No name at hand.
                Err(()) if attempt == 0 => {
                    if !self.refill_stamps(shard) {
                        return None;
                    }
                }
                Err(()) => {}
            }
        }
        None
    }

    fn intern_locked(&self, shard: u32, members: &[Entry], mask: u8, slot: &AtomicU32) -> Result<Option<Cell>, ()> {
        // SAFETY: guarded by the lock, which the caller holds.
        let (closed, table, count) =
            unsafe { (*self.sets.closed.get(), &mut *self.sets.table.get(), &mut *self.sets.count.get()) };
        if closed {
            return Ok(None);
        }
        if *table == 0 {
            *table = self.new_set_table(shard);
        }
        if *table == 0 || *count > 3 << (SLOT_BITS - 2) {
            return Ok(None);
        }
        let slots = self.blocks.at::<u32>(*table);
        let mut at = hash(members) & ((1 << SLOT_BITS) - 1);
        loop {
            // SAFETY: within the table, which has empty slots.
            let place = unsafe { &mut *slots.add(at as usize) };
            if *place == 0 {
                let class = class(members.len());
                let block = self.blocks.alloc(&self.memory, class, shard);
                if block == 0 {
                    return Ok(None);
                }
                // SAFETY: a fresh block with room for the members.
                unsafe {
                    core::ptr::copy_nonoverlapping(members.as_ptr(), self.blocks.at::<Entry>(block), members.len());
                }
                let name = SET | (members.len() as u64) << 32 | u64::from(block);
                if !self.stamps.take_name::<M>(shard, name, slot) {
                    // SAFETY: came from this class; nobody has seen it.
                    unsafe { self.blocks.free(&self.memory, class, shard, block) };
                    return Err(());
                }
                *place = slot.load(Ordering::Relaxed) >> 8;
                *count += 1;
                self.sets.made.fetch_add(1, Ordering::Relaxed);
            } else if !self.is_set(*place, members) {
                at = (at + 1) & ((1 << SLOT_BITS) - 1);
                continue;
            }
            let cell = Cell::new(*place, mask);
            // Under the lock: a cycle that closes the table next finds the name there.
            slot.store(cell.0, Ordering::Release);
            return Ok(Some(cell));
        }
    }

    /// Whether a name in the table is that of a set of just these members.
    fn is_set(&self, name: u32, members: &[Entry]) -> bool {
        let (block, len) = parts(self.stamps.name(name));
        // SAFETY: names in the table are those of sets that are in use.
        len == members.len() && unsafe { core::slice::from_raw_parts(self.blocks.at::<Entry>(block), len) } == members
    }

    fn new_set_table(&self, shard: u32) -> u32 {
        let block = self.blocks.alloc(&self.memory, TABLE_CLASS, shard);
        if block != 0 {
            // SAFETY: a fresh block of that many bytes.
            unsafe { core::ptr::write_bytes(self.blocks.at::<u8>(block), 0, 1 << TABLE_CLASS) };
        }
        block
    }

    /// Begins a recycling cycle: from now on no set is looked up or made.
    pub(crate) fn close_sets(&self) {
        self.sets.lock.lock::<M>();
        // SAFETY: guarded by the lock.
        unsafe { *self.sets.closed.get() = true };
        self.sets.lock.unlock();
    }

    /// Ends a recycling cycle: sets whose names were not found go.
    pub(crate) fn open_sets(&self, shard: u32, found: impl Fn(u32) -> bool) {
        self.sets.lock.lock::<M>();
        // SAFETY: guarded by the lock.
        let (closed, table, count) =
            unsafe { (&mut *self.sets.closed.get(), &mut *self.sets.table.get(), &mut *self.sets.count.get()) };
        let old = *table;
        if old != 0 {
            *table = self.new_set_table(shard);
            *count = 0;
            for i in 0..1usize << SLOT_BITS {
                // SAFETY: within the old table.
                let name = unsafe { *self.blocks.at::<u32>(old).add(i) };
                if name == 0 {
                    continue;
                }
                let (block, len) = parts(self.stamps.name(name));
                if !found(name) {
                    // SAFETY: came from this class; its name stands nowhere.
                    unsafe { self.blocks.free(&self.memory, class(len), shard, block) };
                } else if *table != 0 {
                    // SAFETY: the set is in use, and never changes.
                    let members = unsafe { core::slice::from_raw_parts(self.blocks.at::<Entry>(block), len) };
                    let slots = self.blocks.at::<u32>(*table);
                    let mut at = hash(members) & ((1 << SLOT_BITS) - 1);
                    // SAFETY: within the new table, which has room for all of the old one.
                    while unsafe { *slots.add(at as usize) } != 0 {
                        at = (at + 1) & ((1 << SLOT_BITS) - 1);
                    }
                    // SAFETY: as above.
                    unsafe { *slots.add(at as usize) = name };
                    *count += 1;
                }
                // Without memory for a table the sets in use stay, and are never found again.
            }
            // SAFETY: came from this class; nobody looks there without the lock.
            unsafe { self.blocks.free(&self.memory, TABLE_CLASS, shard, old) };
        }
        *closed = false;
        self.sets.lock.unlock();
    }
}
