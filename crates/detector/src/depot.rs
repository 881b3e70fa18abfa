//! Interned stacks of `go` statements: each distinct one is kept once, whatever number of goroutines it started.
//!
//! A stack is linked to that of the goroutine that executed the statement, so that a goroutine's whole ancestry can be told.
//! Ancestries longer than [`GENERATIONS`] are cut, or goroutines that each start the next would never share a stack.

use crate::Detector;
use crate::context::Context;
use crate::memory::{Memory, Spin};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};

/// Slots of the hash table; each holds the high half of a hash over a position.
const SLOTS: usize = 1 << 16;
/// Frames kept of a stack.
const MAX: usize = 64;
/// Steps of an ancestry.
pub const GENERATIONS: u64 = 8;

/// The depot: a hash table, then stacks one after the other: length (bits 0..8) and generation, the ancestor, the pcs.
#[repr(C)]
pub struct Depot {
    base: *mut AtomicU64,
    words: usize,
    lock: Spin,
    next: UnsafeCell<usize>,
}

impl Depot {
    /// Takes over the region.
    pub fn init(&mut self, base: *mut u8, bytes: usize) {
        self.base = base.cast();
        self.words = bytes / 8;
        self.next = UnsafeCell::new(SLOTS + 1);
    }

    #[inline]
    fn at(&self, index: usize) -> &AtomicU64 {
        debug_assert!(index < self.words);
        // SAFETY: callers stay below `words`.
        unsafe { &*self.base.wrapping_add(index) }
    }

    #[inline]
    fn is_stack(&self, id: u32) -> bool {
        id as usize > SLOTS && (id as usize) + MAX + 2 < self.words
    }

    /// The stack of the goroutine that started the one that was created at `id`; 0 for none.
    pub fn ancestor(&self, id: u32) -> u32 {
        if self.is_stack(id) { self.at(id as usize + 1).load(Ordering::Relaxed) as u32 } else { 0 }
    }

    /// Copies a stack's pcs to `out`, innermost first; returns how many.
    pub fn get(&self, id: u32, out: &mut [u64]) -> usize {
        if !self.is_stack(id) {
            return 0;
        }
        let id = id as usize;
        let len = (self.at(id).load(Ordering::Relaxed) & 0xff) as usize;
        let mut n = 0;
        for slot in out.iter_mut().take(len.min(MAX)) {
            *slot = self.at(id + 2 + n).load(Ordering::Relaxed);
            n += 1;
        }
        n
    }
}

impl<M: Memory> Detector<M> {
    /// Interns the calling context of `ctx` with `pc` innermost; 0 when there is no room.
    pub(crate) fn intern_stack(&self, ctx: &Context, pc: u64) -> u32 {
        let depot = &self.depot;
        let depth = ctx.depth().min(MAX - 1);
        let pc_at = |i: usize| {
            if i == 0 {
                pc
            } else {
                // SAFETY: i <= depth, so the frame is one of base..top.
                unsafe { (*ctx.top.wrapping_sub(i)).pc }
            }
        };
        let mut ancestor = ctx.created as u64;
        let mut generation = 0;
        if depot.is_stack(ctx.created) {
            generation = (depot.at(ctx.created as usize).load(Ordering::Relaxed) >> 8) + 1;
        }
        if generation >= GENERATIONS {
            (generation, ancestor) = (0, 0);
        }
        let head = (depth as u64 + 1) | (generation << 8);
        let mut hash = 0x9e37_79b9_7f4a_7c15u64 ^ ancestor << 8 ^ generation;
        for i in 0..=depth {
            hash = (hash ^ pc_at(i)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            hash ^= hash >> 32;
        }
        let tag = hash & 0xffff_ffff_0000_0000;
        let mut slot = hash as usize % SLOTS;
        let mut locked = false;
        let mut probes = 0;
        let id = loop {
            let found = depot.at(slot).load(Ordering::Acquire);
            if found == 0 {
                if !locked {
                    depot.lock.lock::<M>();
                    locked = true;
                    continue; // look again: someone may have filled it
                }
                // SAFETY: guarded by the lock.
                let next = unsafe { &mut *depot.next.get() };
                let end = *next + depth + 3;
                if end + MAX + 2 > depot.words || end > crate::limits::DEPOT / 8 {
                    self.limits.reached(&self.limits.depot_full);
                    break 0;
                }
                depot.at(*next).store(head, Ordering::Relaxed);
                depot.at(*next + 1).store(ancestor, Ordering::Relaxed);
                for i in 0..=depth {
                    depot.at(*next + 2 + i).store(pc_at(i), Ordering::Relaxed);
                }
                let id = *next;
                *next = end;
                depot.at(slot).store(tag | id as u64, Ordering::Release);
                break id as u32;
            }
            // A 48-bit agreement (32 of the tag, 16 of the slot) is taken as equality, after a look at length and innermost pc.
            if found & 0xffff_ffff_0000_0000 == tag {
                let id = found as u32 as usize;
                if depot.at(id).load(Ordering::Relaxed) == head
                    && depot.at(id + 1).load(Ordering::Relaxed) == ancestor
                    && depot.at(id + 2).load(Ordering::Relaxed) == pc
                {
                    break id as u32;
                }
            }
            slot = (slot + 1) % SLOTS;
            probes += 1;
            if probes > 256 {
                self.limits.reached(&self.limits.depot_full);
                break 0;
            }
        };
        if locked {
            depot.lock.unlock();
        }
        id
    }
}
