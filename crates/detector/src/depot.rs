//! Interned stacks of `go` statements: each distinct one is kept once, whatever number of goroutines it started.
//!
//! A stack is linked to that of the goroutine that executed the statement, so that a goroutine's whole ancestry can be told.
//! Ancestries longer than [`GENERATIONS`] are cut, or goroutines that each start the next would never share a stack.
//!
//! A goroutine can be given a name (that of the test it runs). Then its own entry is one of its own that holds the name, too, and every entry
//! below refers to it, cut or not: so each goroutine knows the nearest name above it, and that costs nothing per goroutine.

use crate::Detector;
use crate::atomic::{AtomicU64, Ordering};
use crate::context::Context;
use crate::extent::Extent;
use crate::memory::{Memory, Spin};
use core::cell::UnsafeCell;

/// Slots of the hash table; each holds the high half of a hash over a position.
const SLOTS: usize = 1 << 18;
/// Frames kept of a stack.
const MAX: usize = 64;
/// Steps of an ancestry.
pub const GENERATIONS: u64 = 8;

/// Longest name, in bytes; of a longer one the beginning is kept.
pub const LONGEST_NAME: usize = 512;
/// In an entry's first word: the pcs are followed by a name, its length in bytes and then its bytes in words.
const NAMED: u64 = 1 << 63;

/// The depot: a hash table, then entries one after the other. Each is: length (bits 0..8), generation (bits 8..16) and `NAMED`; the
/// ancestor (low half) and the nearest named entry above (high half); the pcs.
#[repr(C)]
pub struct Depot {
    base: *mut AtomicU64,
    words: usize,
    extent: Extent,
    lock: Spin,
    next: UnsafeCell<usize>,
}

/// Words of the longest entry.
const MOST: usize = 2 + MAX + 1 + LONGEST_NAME / 8;
const _: () = assert!(MAX <= 0xff && GENERATIONS < 0xff);

impl Depot {
    /// Takes over the region.
    pub fn init<M: Memory>(&mut self, base: *mut u8, bytes: usize) {
        self.base = base.cast();
        self.words = bytes / 8;
        self.extent = Extent::new(base, bytes);
        self.extent.reach::<M>((SLOTS + 1) * 8);
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
        id as usize > SLOTS && (id as usize) + MOST < self.words
    }

    /// The stack of the goroutine that started the one that was created at `id`; 0 for none.
    pub fn ancestor(&self, id: u32) -> u32 {
        if self.is_stack(id) { self.at(id as usize + 1).load(Ordering::Relaxed) as u32 } else { 0 }
    }

    /// The entry that names a goroutine created at `id`: `id` itself or the nearest above; 0 for none.
    pub fn named(&self, id: u32) -> u32 {
        if !self.is_stack(id) {
            0
        } else if self.at(id as usize).load(Ordering::Relaxed) & NAMED != 0 {
            id
        } else {
            (self.at(id as usize + 1).load(Ordering::Relaxed) >> 32) as u32
        }
    }

    /// Copies the name of a goroutine created at `id` to `out`, as much as fits; returns its length, 0 for none.
    pub fn name(&self, id: u32, out: &mut [u8]) -> usize {
        let id = self.named(id) as usize;
        if id == 0 {
            return 0;
        }
        let first = id + 2 + (self.at(id).load(Ordering::Relaxed) & 0xff) as usize;
        let len = self.at(first).load(Ordering::Relaxed) as usize;
        let mut n = 0;
        for slot in out.iter_mut().take(len) {
            *slot = (self.at(first + 1 + n / 8).load(Ordering::Relaxed) >> (n % 8 * 8)) as u8;
            n += 1;
        }
        n
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
        let (mut ancestor, mut generation) = (ctx.created as u64, 0);
        if depot.is_stack(ctx.created) {
            generation = (depot.at(ctx.created as usize).load(Ordering::Relaxed) >> 8 & 0xff) + 1;
        }
        let family = depot.named(ctx.created);
        if generation >= GENERATIONS {
            (generation, ancestor) = (0, family as u64);
        }
        self.intern((depth as u64 + 1) | generation << 8, ancestor | (family as u64) << 32, depth + 1, pc_at)
    }

    /// Names the goroutine of `ctx`, and so those that it starts from now on.
    pub fn set_name(&self, ctx: &mut Context, name: &[u8]) {
        let (depot, created) = (&self.depot, ctx.created as usize);
        let len = name.len().min(LONGEST_NAME);
        let (mut head, mut links, mut pcs) = (0, 0, 0);
        if depot.is_stack(ctx.created) {
            head = depot.at(created).load(Ordering::Relaxed) & !NAMED;
            links = depot.at(created + 1).load(Ordering::Relaxed);
            pcs = (head & 0xff) as usize;
        }
        let word = |i: usize| {
            if i < pcs {
                return depot.at(created + 2 + i).load(Ordering::Relaxed);
            }
            if i == pcs {
                return len as u64;
            }
            let bytes = name.iter().take(len).skip((i - pcs - 1) * 8).take(8);
            bytes.rev().fold(0, |word, byte| word << 8 | *byte as u64) // the first byte lowest
        };
        let id = self.intern(head | NAMED, links, pcs + 1 + len.div_ceil(8), word);
        if id != 0 {
            ctx.created = id;
            self.lane_info(ctx.lane).created.store(id, Ordering::Relaxed);
        }
    }

    /// The entry of `head`, `links` and `len` further words; 0 when there is no room.
    fn intern(&self, head: u64, links: u64, len: usize, word: impl Fn(usize) -> u64) -> u32 {
        let depot = &self.depot;
        let mut hash = 0x9e37_79b9_7f4a_7c15u64 ^ links << 8 ^ head;
        for i in 0..len {
            hash = (hash ^ word(i)).wrapping_mul(0xff51_afd7_ed55_8ccd);
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
                let end = *next + len + 2;
                if end + MOST > depot.words
                    || end > crate::limits::DEPOT / 8
                    || !depot.extent.reach::<M>((end + MOST) * 8)
                {
                    self.limits.reached(&self.limits.depot_full);
                    break 0;
                }
                depot.at(*next).store(head, Ordering::Relaxed);
                depot.at(*next + 1).store(links, Ordering::Relaxed);
                for i in 0..len {
                    depot.at(*next + 2 + i).store(word(i), Ordering::Relaxed);
                }
                let id = *next;
                *next = end;
                depot.at(slot).store(tag | id as u64, Ordering::Release);
                break id as u32;
            }
            // A 50-bit agreement (32 of the tag, 18 of the slot) is taken as equality, after a look at the first words.
            if found & 0xffff_ffff_0000_0000 == tag {
                let id = found as u32 as usize;
                if depot.at(id).load(Ordering::Relaxed) == head
                    && depot.at(id + 1).load(Ordering::Relaxed) == links
                    && depot.at(id + 2).load(Ordering::Relaxed) == word(0)
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
