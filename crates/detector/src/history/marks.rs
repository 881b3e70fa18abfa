//! Synchronisation in a goroutine's history: what a report tells of the events around an access.
//!
//! Of the synchronisation between two recorded accesses the first and the last event are kept, so that a goroutine that only synchronises
//! does not write its history full. Program counters are kept by their low halves: the code of a program lies within 4 GB.

use super::{ADDR_BITS, Chunk, FIRST_CLASS, FRAMES, MARK, NODE_BITS, START, event, read_event, write_event};
use crate::Detector;
use crate::atomic::Ordering;
use crate::context::Context;
use crate::epoch::{Clock, Lane};
use crate::memory::Memory;

/// What was done, by the hook that told of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum What {
    /// An acquire.
    Acquire,
    /// A release.
    Release,
    /// A release-merge.
    ReleaseMerge,
    /// A release-acquire.
    ReleaseAcquire,
    /// An atomic load.
    Load,
    /// An atomic store.
    Store,
    /// An atomic read-modify-write.
    Update,
    /// A `go` statement.
    Go,
    /// Something that was not recorded, because too much of its kind came before.
    Untold = UNTOLD as u8,
}

/// All that is looked for in an event; [`What::Go`] is the rest.
const TOLD: [What; 8] = [
    What::Acquire,
    What::Release,
    What::ReleaseMerge,
    What::ReleaseAcquire,
    What::Load,
    What::Store,
    What::Update,
    What::Untold,
];

/// A synchronisation event in a history.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// What was done.
    pub what: What,
    /// The object; 0 where there is none.
    pub addr: usize,
    /// Low half of the return address in the user's function; 0 if not known.
    pub pc: u32,
    /// Low half of the return address in the function that was called there; 0 if not known.
    pub callee: u32,
    /// The goroutine's latest epoch with a record before the event; 0 if not known.
    pub clock: Clock,
}

/// Events overwritten between two recorded accesses before it is left at that: a goroutine that goes on synchronising without a new access
/// of its own pays no more for reports, and what it did last is not told.
const PATIENCE: u64 = 64;
/// Where an event says how many it has overwritten.
const OVERWRITTEN: u32 = ADDR_BITS + 4;
/// What an event is that stands for those that were not recorded.
const UNTOLD: u64 = 0xf;

/// Where [`What`] lies in an event.
const WHAT: u32 = ADDR_BITS;

impl Mark {
    pub(super) fn of((low, high): (u64, u64), clock: Clock) -> Mark {
        let code = (low >> WHAT & 0xf) as u8;
        let what = TOLD.into_iter().find(|what| *what as u8 == code).unwrap_or(What::Go);
        let addr = (low & ((1 << ADDR_BITS) - 1)) as usize;
        Mark { what, addr, pc: high as u32, callee: (high >> 32) as u32, clock }
    }

    /// Whether others can learn by the event of what came before it.
    pub fn gives(&self) -> bool {
        !matches!(self.what, What::Acquire | What::Load | What::Untold)
    }
}

impl<M: Memory> Detector<M> {
    /// Whether the next event of `ctx` is worth finding out where it is.
    #[inline]
    pub fn wants_mark(&self, ctx: &Context) -> bool {
        if ctx.chunk.is_null() {
            return true;
        }
        // SAFETY: the context's chunk is a live chunk that only its goroutine writes; it has at least the first event.
        let (last, _) = read_event(ctx.chunk, unsafe { (*ctx.chunk).count.load(Ordering::Relaxed) } - 1);
        last >> 61 != MARK || last >> WHAT & 0xf != UNTOLD
    }

    /// Records that `ctx` synchronised on `addr`, called from `pc` through the function of `callee`.
    #[inline]
    pub fn log_sync(&self, ctx: &mut Context, what: What, addr: usize, pc: usize, callee: usize) {
        let mut chunk = ctx.chunk;
        let mut low = MARK << 61 | (what as u64) << WHAT | addr as u64 & ((1 << ADDR_BITS) - 1);
        let high = pc as u32 as u64 | (callee as u64) << 32;
        let mut at = 0;
        if !chunk.is_null() {
            // SAFETY: the context's chunk is a live chunk that only its goroutine writes.
            let capacity = unsafe { (*chunk).capacity };
            // SAFETY: as above.
            at = unsafe { (*chunk).count.load(Ordering::Relaxed) };
            let (last, _) = read_event(chunk, at - 1);
            if last >> 61 == MARK {
                // The atomic operations inside of a mutex are its own affair.
                if what as u8 >= What::Load as u8 && last >> WHAT & 0xf < What::Load as u64 && same_object(last, low) {
                    return;
                }
                if read_event(chunk, at - 2).0 >> 61 == MARK {
                    let overwritten = (last >> OVERWRITTEN & 0xff) + 1;
                    if overwritten > PATIENCE {
                        low |= UNTOLD << WHAT;
                    }
                    write_event(chunk, at - 1, low | overwritten << OVERWRITTEN, high);
                    return;
                }
            }
            if at >= capacity {
                chunk = core::ptr::null_mut();
            }
        }
        if chunk.is_null() {
            let depth = ctx.depth();
            let Some(new) = self.new_chunk(ctx, if depth < FRAMES { depth } else { FRAMES }) else { return };
            chunk = new;
            at = 1;
        }
        write_event(chunk, at, low, high);
        // SAFETY: as above; the event was written.
        unsafe { (*chunk).count.store(at + 1, Ordering::Release) };
    }

    /// The last event in the history of `lane`'s present owner, which is the caller's or does not run.
    pub fn last_mark(&self, lane: Lane) -> Option<Mark> {
        self.last_mark_in(lane, self.lane_info(lane).newest.load(Ordering::Acquire))
    }

    /// The last event in a chunk or those before it, down to where its goroutine began.
    pub(super) fn last_mark_in(&self, lane: Lane, mut block: u32) -> Option<Mark> {
        for _ in 0..1 << 10 {
            let (mark, older, _) = self.search_chunk(lane, block, |_, _| false)?;
            if mark.is_some() || older == 0 {
                return mark;
            }
            block = older;
        }
        None
    }

    /// The last event in the chunks before one, down to where its goroutine began.
    pub(super) fn last_mark_before(&self, lane: Lane, block: u32) -> Option<Mark> {
        let (_, older, _) = self.search_chunk(lane, block, |_, _| false)?;
        self.last_mark_in(lane, older)
    }

    /// The first event in a chunk or those after it.
    pub(super) fn first_mark_in(&self, lane: Lane, mut block: u32) -> Option<Mark> {
        for _ in 0..1 << 10 {
            let (mark, _, newer) = self.search_chunk(lane, block, |_, _| true)?;
            if mark.is_some() || newer == 0 {
                return mark;
            }
            block = newer;
        }
        None
    }

    /// The last event by which others could learn of the epoch `clock` of `lane`, or of earlier ones only.
    pub fn last_given(&self, lane: Lane, clock: Clock) -> Option<Mark> {
        let mut block = self.lane_info(lane).newest.load(Ordering::Acquire);
        for _ in 0..1 << 10 {
            let mut last = None;
            let (_, older, _) = self.search_chunk(lane, block, |mark, _| {
                if mark.clock != 0 && mark.clock <= clock {
                    if mark.gives() {
                        last = Some(mark);
                    } else if mark.what == What::Untold {
                        last = None;
                    }
                }
                false
            })?;
            if last.is_some() || older == 0 {
                return last;
            }
            block = older;
        }
        None
    }

    /// Goes through the events of a chunk until `stop`; the last one seen, the older chunk of the same goroutine, and the newer one. `None` if
    /// there is no such chunk or it changed meanwhile.
    fn search_chunk(
        &self,
        lane: Lane,
        block: u32,
        mut stop: impl FnMut(Mark, u32) -> bool,
    ) -> Option<(Option<Mark>, u32, u32)> {
        if block == 0 {
            return None;
        }
        let chunk = self.blocks.at::<Chunk>(block);
        // SAFETY: blocks stay mapped, and these fields are atomics (or never change) in every chunk that was ever one.
        let (seq, count, older, newer, class) = unsafe {
            (
                (*chunk).seq.load(Ordering::Acquire),
                (*chunk).count.load(Ordering::Acquire),
                (*chunk).older.load(Ordering::Relaxed),
                (*chunk).newer.load(Ordering::Relaxed),
                (*chunk).class,
            )
        };
        // SAFETY: as above.
        if seq & 1 != 0 || unsafe { (*chunk).lane.load(Ordering::Relaxed) } != lane || count > 1 << NODE_BITS {
            return None;
        }
        let (mut found, mut clock, mut first) = (None, 0, 0);
        for i in 0..count {
            let (low, high) = read_event(chunk, i);
            match low >> 61 {
                super::EPOCH => clock = high as u32,
                START => first = high,
                MARK => {
                    let mark = Mark::of((low, high), clock);
                    found = Some(mark);
                    if stop(mark, i) {
                        break;
                    }
                }
                _ => {}
            }
        }
        // A lane's owners follow one another in its chunks; the first chunk of each is a small one.
        let same = |other: u32| {
            // SAFETY: an event of a block that was a chunk.
            let owner = unsafe { (*event(self.blocks.at::<Chunk>(other), 0))[1].load(Ordering::Relaxed) };
            other != 0 && (owner == first || owner == 0 || first == 0)
        };
        let older = if class > FIRST_CLASS && older != 0 && same(older) { older } else { 0 };
        let newer = if newer != 0 && same(newer) { newer } else { 0 };
        // SAFETY: as above.
        (unsafe { (*chunk).seq.load(Ordering::Acquire) } == seq).then_some((found, older, newer))
    }

    /// What `ctx` knows of another lane: the latest of its epochs that is ordered before what `ctx` does now; 0 for none.
    pub fn known_of(&self, ctx: &Context, lane: Lane) -> Clock {
        let direct = if lane == ctx.extra.0 { ctx.extra.1 } else { 0 };
        let tree = self.trees.get(&ctx.tree, lane);
        if tree > direct { tree } else { direct }
    }
}

/// Whether two events are about words of one small object.
fn same_object(a: u64, b: u64) -> bool {
    let (a, b) = (a & ((1 << ADDR_BITS) - 1), b & ((1 << ADDR_BITS) - 1));
    a.wrapping_sub(b) < 32 || b.wrapping_sub(a) < 32
}
