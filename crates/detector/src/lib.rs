//! hb's happens-before engine.
//!
//! Fed with the accesses and synchronisations of a program's goroutines as they happen, the engine reports each access that
//! conflicts with an earlier one that is not ordered before it. It is precise: see [`access`] for the argument, [`limits`] for the bounds.
//!
//! It knows nothing of operating systems, of Go or of how a race is shown: memory comes through [`memory::Memory`], races
//! leave as [`Conflict`]s, and stacks are program counters. One engine serves any number of threads at once; a [`Context`] is used by one at a time.
#![no_std]

pub mod access;
pub mod atomic;
pub mod context;
pub mod contract;
mod cover;
pub mod depot;
pub mod epoch;
pub mod ext;
pub mod extent;
mod for_assembly;
pub mod goroutine;
mod head;
pub mod history;
pub mod lane;
pub mod limits;
pub mod lock;
pub mod memo;
pub mod memory;
mod readers;
mod scan;
pub mod sets;
pub mod shadow;
pub mod split;
pub mod stamp;
pub mod sync;
pub mod tree;
mod unused;

pub use context::Context;
pub use epoch::{Clock, Entry, Kind, Lane};
use memory::{Blocks, Memory, Region, Slab};

use crate::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use core::mem::MaybeUninit;

/// An earlier access that an access raced with.
#[derive(Clone, Copy)]
pub struct Conflict {
    /// The 8-byte granule (its address is a multiple of 8).
    pub granule: usize,
    /// The earlier access: who, when, which bytes, what kind.
    pub earlier: Entry,
    /// The bytes of the granule that the later access touched.
    pub mask: u8,
}

/// Conflicts per access that are kept; more than these say nothing new.
pub const CONFLICTS: usize = 8;

/// The races that one access was found in.
pub struct Conflicts {
    items: [MaybeUninit<Conflict>; CONFLICTS],
    len: usize,
}

impl Conflicts {
    /// None.
    #[inline]
    pub fn new() -> Self {
        Self { items: [const { MaybeUninit::uninit() }; CONFLICTS], len: 0 }
    }
    /// Those found.
    #[inline]
    pub fn as_slice(&self) -> &[Conflict] {
        // SAFETY: len <= CONFLICTS, and the first len were written.
        unsafe { core::slice::from_raw_parts(self.items.as_ptr().cast(), self.len) }
    }
    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The conflicts from the `from`th on were found at one byte, that of `byte`, of an access of the bytes of `mask`: says so, and makes one of
    /// those with the same earlier access.
    #[cold]
    fn narrow(&mut self, from: usize, byte: u8, mask: u8) {
        let mut at = from;
        while at < self.len {
            let found = self.as_slice()[at];
            let earlier = found.earlier.with_mask(byte);
            let same = self.as_slice()[..from].iter().position(|other| {
                other.granule == found.granule
                    && other.earlier.same_epoch(earlier)
                    && other.earlier.kind() == earlier.kind()
            });
            if let Some(same) = same {
                let other = self.as_slice()[same].earlier;
                let earlier = other.with_mask(other.mask() | byte);
                self.items[same].write(Conflict { granule: found.granule, earlier, mask });
                self.len -= 1;
                self.items[at] = self.items[self.len];
            } else {
                self.items[at].write(Conflict { granule: found.granule, earlier, mask });
                at += 1;
            }
        }
    }
    #[cold]
    fn push(&mut self, granule: usize, earlier: Entry, mask: u8) {
        if let Some(slot) = self.items.get_mut(self.len) {
            slot.write(Conflict { granule, earlier, mask });
            self.len += 1;
        }
    }
}

impl Default for Conflicts {
    fn default() -> Self {
        Self::new()
    }
}

/// The engine. It is made by [`Detector::init`] in zeroed memory and never moved or dropped.
#[repr(C)]
pub struct Detector<M: Memory> {
    /// The memory it works in.
    pub memory: M,
    trees: tree::Trees,
    exts: Slab<ext::Ext>,
    blocks: Blocks,
    stamps: stamp::Stamps,
    lanes: *mut lane::LaneInfo,
    lanes_extent: extent::Extent,
    idle: lane::Idle,
    /// Stacks of `go` statements.
    pub depot: depot::Depot,
    /// How often each bound was reached.
    pub limits: limits::Limits,
    history_limit: AtomicU32,
    history_bytes: AtomicUsize,
    sets: sets::Sets,
    splits: Slab<split::Split>,
    /// Whether synchronisation is written to the histories, too ([`history::marks`]). Set before the first goroutine starts.
    pub tells_sync: AtomicBool,
}

// SAFETY: every field is an atomic, guarded by a lock, or written by `init` only.
unsafe impl<M: Memory + Sync> Sync for Detector<M> {}

impl<M: Memory> Detector<M> {
    /// Where the batches of stamps lie in the engine, for the fast paths in assembly.
    pub const STAMP_BATCHES: usize = core::mem::offset_of!(Self, stamps) + stamp::BATCHES;
    /// Where the number of recycling cycles lies in the engine, for the fast paths in assembly.
    pub const STAMP_CYCLES: usize = core::mem::offset_of!(Self, stamps) + stamp::CYCLES;

    /// Makes an engine at `at`.
    ///
    /// # Safety
    /// `at` is valid, aligned, zero-filled and used by nobody else; the memory is never unmapped.
    pub unsafe fn init<'a>(at: *mut Self, memory: M) -> &'a Self {
        // SAFETY: zero bytes are valid for every field but `memory`, which is written first, before the reference is made.
        unsafe { (&raw mut (*at).memory).write(memory) };
        // SAFETY: as above; ours alone by contract.
        let d = unsafe { &mut *at };
        d.trees.init(d.memory.region(Region::Nodes), d.memory.region(Region::NodeRefs));
        let (base, bytes) = d.memory.region(Region::Exts);
        d.exts.init(base, bytes);
        let (base, bytes) = d.memory.region(Region::Blocks);
        d.blocks.init(base, bytes);
        d.stamps.init::<M>(d.memory.region(Region::Stamps), d.memory.region(Region::StampMarks));
        let (base, bytes) = d.memory.region(Region::Lanes);
        d.lanes = base.cast();
        d.lanes_extent = extent::Extent::new(base, bytes);
        d.lanes_extent.reach::<M>(size_of::<lane::LaneInfo>());
        let (base, bytes) = d.memory.region(Region::Depot);
        d.depot.init::<M>(base, bytes);
        let (base, bytes) = d.memory.region(Region::Splits);
        d.splits.init(base, bytes);
        d.history_limit = AtomicU32::new(limits::HISTORY_EVENTS);
        d
    }

    /// Sets how many events of a goroutine's history are kept.
    pub fn set_history(&self, events: u32) {
        self.history_limit.store(events, Ordering::Relaxed);
    }

    #[inline]
    fn history_events(&self) -> u32 {
        self.history_limit.load(Ordering::Relaxed)
    }

    /// Sizes of what is in use: vector clock nodes, bytes of blocks, precise records, recycling cycles of stamps.
    pub fn usage(&self) -> (u32, usize, u32, u32) {
        (self.trees.used(), self.blocks.used(), self.exts.used(), self.stamps.cycles.load(Ordering::Relaxed))
    }

    /// Times vector clock nodes were exhausted.
    pub fn clocks_exhausted(&self) -> u32 {
        self.trees.exhausted.load(Ordering::Relaxed)
    }
}
