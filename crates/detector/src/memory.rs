//! Memory as the engine sees it: regions it is given, and the allocators that cut them up.
//!
//! The engine never asks an operating system for anything. Whoever embeds it hands over address ranges that read as
//! zero until written ([`Memory::region`]) and a way from an application address to its shadow word
//! ([`Memory::word`]). Everything here is sharded so that uncontended use takes no lock that another thread holds.

use crate::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::extent::Extent;
use crate::for_assembly::for_assembly;
use core::marker::PhantomData;

/// The regions of zero-filled memory that an engine works in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Region {
    /// Inner nodes and leaves of vector clocks.
    Nodes,
    /// Reference counts of the nodes, four bytes each.
    NodeRefs,
    /// Precise records of single words, see [`crate::ext`].
    Exts,
    /// Power-of-two blocks: access lists, histories, shadow stacks, contexts.
    Blocks,
    /// What each stamp stands for, eight bytes each.
    Stamps,
    /// Two bitmaps for the recycling of stamps.
    StampMarks,
    /// One record per lane.
    Lanes,
    /// Interned stacks of `go` statements.
    Depot,
    /// The bytes' cells of split words, see [`crate::split`].
    Splits,
}

/// All regions, in the order of their declaration.
pub const REGIONS: [Region; 9] = [
    Region::Nodes,
    Region::NodeRefs,
    Region::Exts,
    Region::Blocks,
    Region::Stamps,
    Region::StampMarks,
    Region::Lanes,
    Region::Depot,
    Region::Splits,
];

/// Application bytes whose shadow is tracked by one [`Memory::touched`] flag. Few, because much memory is allocated that is used in
/// part (buffers), or is forgotten twice (freed, and allocated again), and what the flag says nothing of need not be looked at.
pub const PAGE: usize = 512;

/// The memory an engine is embedded in.
///
/// # Safety
/// `region` must return, for each region, an 64-byte aligned address range of the returned size that is used by nobody else; what of it
/// `extend` was asked for is readable, writable, initially zero and never unmapped. `word` and `touched` must return the same
/// location for the same granule (page) each time, distinct ones for distinct granules (pages), for every address
/// that is passed to the engine.
pub unsafe trait Memory {
    /// The region's base address and size in bytes.
    fn region(&self, region: Region) -> (*mut u8, usize);
    /// Makes the next `bytes` bytes of a region, those at `at`, usable: called from its beginning on, once for each byte, before that is used.
    /// `false`: they cannot be had now. By default all of a region is usable from the start.
    fn extend(_at: *mut u8, _bytes: usize) -> bool {
        true
    }
    /// The shadow word of the 8-byte granule that holds `addr`.
    fn word(&self, addr: usize) -> &AtomicU64;
    /// The flag that says whether any shadow word of the [`PAGE`] that holds `addr` was ever written.
    fn touched(&self, addr: usize) -> &AtomicU8;
    /// Called while waiting for another thread; `spins` counts the calls of this wait.
    fn pause(spins: u32);
    /// The `nth` run of application addresses `[start, end)` that can have shadow; `None` after the last.
    fn span(&self, nth: usize) -> Option<(usize, usize)>;
    /// Gives back the pages of a block that will not be used soon. May do nothing.
    fn discard(&self, base: *mut u8, size: usize);
    /// Shadow words of the [`PAGE`] that holds `addr` are about to be written for the first time. May get the memory for them, and for
    /// their neighbours, at once.
    fn prepare(&self, _addr: usize) {}
    /// The bytes `[base, base + size)` of a region are about to be written for the first time. May get the memory for them at once.
    fn populate(&self, _base: *mut u8, _size: usize) {}
}

/// A lock held for a few dozen instructions at most.
#[repr(transparent)]
pub struct Spin(AtomicU32);

impl Spin {
    /// An open lock.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Takes the lock, waiting for its holder.
    #[inline]
    pub fn lock<M: Memory>(&self) {
        let mut spins = 0;
        while self.0.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            M::pause(spins);
            spins += 1;
        }
    }

    /// Opens the lock again; only its holder may.
    #[inline]
    pub fn unlock(&self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Default for Spin {
    fn default() -> Self {
        Self::new()
    }
}

/// A [`Spin`] lock that also tells readers who do not take it whether what it guards has changed: odd while it is held, and another
/// even number after a change.
#[repr(transparent)]
pub struct SeqLock(AtomicU32);

impl SeqLock {
    /// Takes the lock, waiting for its holder.
    #[inline]
    pub fn lock<M: Memory>(&self) {
        let mut spins = 0;
        loop {
            let now = self.0.load(Ordering::Relaxed);
            if now & 1 == 0 && self.0.compare_exchange_weak(now, now | 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                return;
            }
            M::pause(spins);
            spins += 1;
        }
    }

    /// Takes the lock if nobody has it.
    #[inline]
    pub fn try_lock(&self) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        now & 1 == 0 && self.0.compare_exchange(now, now | 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Opens the lock again after a change; only its holder may.
    #[inline]
    pub fn unlock(&self) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }

    /// Opens the lock again; nothing was changed. Only its holder may.
    #[inline]
    pub fn unlock_unchanged(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) & !1, Ordering::Release);
    }

    /// The present version; odd while the lock is held.
    #[inline]
    pub fn version(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}

/// How many ways free lists and stamp batches are split. A power of two.
pub const SHARDS: usize = 16;

#[repr(C, align(64))]
struct FreeList {
    lock: Spin,
    head: AtomicU32,
}

/// The most free pieces that are taken over from another list at a time.
const HAUL: u32 = 64;

/// Takes a free piece from the list of `shard`, or else from another: who frees is often not who allocates, so a list that
/// nobody took from would grow for ever. 0 when no list has one.
///
/// # Safety
/// `lists` are chains of free pieces, and `link` gives where each has the number of the next.
unsafe fn take<M: Memory>(lists: &[FreeList], shard: u32, link: impl Fn(u32) -> *mut u32) -> u32 {
    for way in 0..lists.len() {
        let Some(list) = lists.get((shard as usize + way) % lists.len()) else { break };
        if way > 0 && list.head.load(Ordering::Relaxed) == 0 {
            continue;
        }
        list.lock.lock::<M>();
        let got = list.head.load(Ordering::Relaxed);
        if got == 0 {
            list.lock.unlock();
            continue;
        }
        // The pieces after it that come along: `first..=last`, none of a list that is ours.
        // SAFETY: pieces of the locked list.
        let first = unsafe { *link(got) };
        let (mut last, mut rest) = (0, first);
        let mut count = if way == 0 { 0 } else { HAUL };
        while rest != 0 && count > 0 {
            count -= 1;
            last = rest;
            // SAFETY: as above.
            rest = unsafe { *link(rest) };
        }
        list.head.store(rest, Ordering::Relaxed);
        list.lock.unlock();
        if last != 0 {
            let home = &lists[shard as usize % lists.len()];
            home.lock.lock::<M>();
            // SAFETY: the chain `first..=last` was taken out of its list: it is ours.
            unsafe { *link(last) = home.head.load(Ordering::Relaxed) };
            home.head.store(first, Ordering::Relaxed);
            home.lock.unlock();
        }
        return got;
    }
    0
}

/// Puts pieces into the list of `shard`.
///
/// # Safety
/// As for [`take`]; the pieces are ours and in no list.
unsafe fn put_chain<M: Memory>(
    lists: &[FreeList],
    shard: u32,
    pieces: impl DoubleEndedIterator<Item = u32>,
    link: impl Fn(u32) -> *mut u32,
) {
    let list = &lists[shard as usize % lists.len()];
    list.lock.lock::<M>();
    for piece in pieces.rev() {
        // SAFETY: ours by contract.
        unsafe { *link(piece) = list.head.load(Ordering::Relaxed) };
        list.head.store(piece, Ordering::Relaxed);
    }
    list.lock.unlock();
}

/// Slots of one type, addressed by a `u32` that is never 0. A freed slot keeps its memory and its type for ever, so that a
/// stale index can be looked at (and found stale) without harm.
///
/// Bytes 4..8 of a free slot hold the index of the next free one; the other bytes keep their last value.
#[repr(C)]
pub struct Slab<T> {
    base: *mut T,
    limit: u32,
    next: AtomicU32,
    extent: Extent,
    /// Another region, with so many bytes for each slot.
    beside: (Extent, usize),
    free: [FreeList; SHARDS],
    _type: PhantomData<T>,
}

impl<T> Slab<T> {
    const BATCH: u32 = if size_of::<T>() >= 1024 { 4 } else { 32 };

    /// Takes over a region.
    pub fn init(&mut self, base: *mut u8, bytes: usize) {
        self.base = base.cast();
        let slots = bytes / size_of::<T>();
        self.limit = if slots > u32::MAX as usize { u32::MAX } else { slots as u32 };
        self.next = AtomicU32::new(1);
        self.extent = Extent::new(base, bytes);
        self.beside = (Extent::new(core::ptr::null_mut(), 0), 0);
    }

    /// Takes over a region that has `each` bytes for every slot, too, usable where the slot is.
    pub fn init_beside(&mut self, base: *mut u8, bytes: usize, each: usize) {
        self.beside = (Extent::new(base, bytes), each);
    }

    /// The slot's address.
    #[inline]
    pub fn at(&self, index: u32) -> *mut T {
        debug_assert!(index < self.limit);
        self.base.wrapping_add(index as usize)
    }

    #[inline]
    fn link(&self, index: u32) -> *mut u32 {
        self.at(index).cast::<u32>().wrapping_add(1)
    }

    /// A slot, or 0 when the region is full. Never-used slots are zero; a reused one keeps what `free` left.
    pub fn alloc<M: Memory>(&self, shard: u32) -> u32 {
        // SAFETY: the chains are of this slab's free slots, whose links lie where `link` says.
        let got = unsafe { take::<M>(&self.free, shard, |index| self.link(index)) };
        if got != 0 {
            return got;
        }
        let mut first = self.next.load(Ordering::Relaxed);
        loop {
            if first >= self.limit || self.limit - first <= Self::BATCH {
                return 0;
            }
            let end = (first + Self::BATCH) as usize;
            let (beside, each) = &self.beside;
            if !self.extent.reach::<M>(end * size_of::<T>()) || !beside.reach::<M>(end * each) {
                return 0;
            }
            match self.next.compare_exchange_weak(first, end as u32, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break,
                Err(other) => first = other,
            }
        }
        // SAFETY: the slots [first, first + BATCH) were just handed to us alone.
        unsafe { put_chain::<M>(&self.free, shard, first + 1..first + Self::BATCH, |index| self.link(index)) };
        first
    }

    /// Gives a slot back.
    ///
    /// # Safety
    /// `index` came from `alloc`, nobody uses it any more, and it is freed once.
    pub unsafe fn free<M: Memory>(&self, shard: u32, index: u32) {
        // SAFETY: the slot is ours by contract.
        unsafe { put_chain::<M>(&self.free, shard, core::iter::once(index), |index| self.link(index)) };
    }

    /// Slots ever handed out, for statistics.
    pub fn used(&self) -> u32 {
        self.next.load(Ordering::Relaxed)
    }
}

/// log2 of the smallest block.
const MIN_CLASS: u32 = 5;
/// One more than log2 of the largest block.
const END_CLASS: u32 = 32;
const CLASSES: usize = (END_CLASS - MIN_CLASS) as usize;
/// Blocks from this class on are returned to the system when freed.
const DISCARD_CLASS: u32 = 17;
/// Bytes of new blocks for which memory is got at once.
const POPULATE: usize = 64 << 10;

for_assembly! {
    /// log2 of the bytes that blocks are addressed in.
    BLOCK_SHIFT = MIN_CLASS;
}
/// How many ways the free lists of a class are split. A power of two.
const WAYS: usize = 4;

/// Blocks of power-of-two sizes, addressed in units of 32 bytes by a `u32` that is never 0.
#[repr(C)]
pub struct Blocks {
    base: *mut u8,
    bytes: usize,
    next: AtomicUsize,
    extent: Extent,
    free: [[FreeList; WAYS]; CLASSES],
}

impl Blocks {
    /// Takes over a region.
    pub fn init(&mut self, base: *mut u8, bytes: usize) {
        self.base = base;
        self.bytes = if bytes > 128 << 30 { 128 << 30 } else { bytes };
        self.next = AtomicUsize::new(4096);
        self.extent = Extent::new(base, self.bytes);
    }

    /// The smallest class that holds `bytes`.
    #[inline]
    pub fn class_of(bytes: usize) -> u32 {
        let class = usize::BITS - (bytes - 1).leading_zeros();
        if class < MIN_CLASS { MIN_CLASS } else { class }
    }

    /// A block's address.
    #[inline]
    pub fn at<T>(&self, index: u32) -> *mut T {
        self.base.wrapping_add((index as usize) << MIN_CLASS).cast()
    }

    /// The index of a block by its address.
    #[inline]
    pub fn index_of<T>(&self, at: *mut T) -> u32 {
        ((at as usize - self.base as usize) >> MIN_CLASS) as u32
    }

    fn lists(&self, class: u32) -> &[FreeList] {
        &self.free[(class - MIN_CLASS) as usize % CLASSES]
    }

    /// A block of `1 << class` bytes, or 0 when the region is full. Its content is arbitrary.
    pub fn alloc<M: Memory>(&self, memory: &M, class: u32, shard: u32) -> u32 {
        if class >= END_CLASS {
            return 0;
        }
        let lists = self.lists(class);
        // SAFETY: the chains are of free blocks of this class, which begin with their links.
        let got = unsafe { take::<M>(lists, shard, |index| self.at(index)) };
        if got != 0 {
            return got;
        }
        let size = 1usize << class;
        let count = if size >= 4096 { 1 } else { 4096 / size };
        let mut first = self.next.load(Ordering::Relaxed);
        loop {
            let end = first + size * count;
            if end > self.bytes
                || !self.extent.reach::<M>((end + POPULATE).min(self.bytes)) && !self.extent.reach::<M>(end)
            {
                return 0;
            }
            match self.next.compare_exchange_weak(first, end, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break,
                Err(other) => first = other,
            }
        }
        // Some pages at once: a fault for each costs more than they do.
        let group = (first + size * count) & !(POPULATE - 1);
        if size < POPULATE && group > first {
            memory.populate(self.base.wrapping_add(group), POPULATE);
        }
        let index = |nth: usize| ((first + nth * size) >> MIN_CLASS) as u32;
        // SAFETY: the bytes [first, first + size * count) were just handed to us alone.
        unsafe { put_chain::<M>(lists, shard, (1..count).map(index), |index| self.at(index)) };
        index(0)
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `index` came from `alloc(class, _)`, nobody uses it any more, and it is freed once.
    pub unsafe fn free<M: Memory>(&self, memory: &M, class: u32, shard: u32, index: u32) {
        if class >= DISCARD_CLASS {
            memory.discard(self.at::<u8>(index).wrapping_add(4096), (1usize << class) - 4096);
        }
        // SAFETY: the block is ours by contract.
        unsafe { put_chain::<M>(self.lists(class), shard, core::iter::once(index), |index| self.at(index)) };
    }

    /// Bytes ever handed out, for statistics.
    pub fn used(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }
}
