//! Where the blocks of the heap were allocated, and for what: remembered for reports, where somebody will read them.
//!
//! A table has a place for each address, by which the place is found; what is allocated there later takes it over. So the last allocation
//! at an address is known unless another block has the same place. A place names a site: the type and the innermost program counters, of
//! which there is a second table. Both are small, because what they displace from the processor's caches is most of what they cost.
//!
//! Nothing waits: two that write one place at a time leave one that tells nothing, by its check sum, and a site that is being written is
//! one that does not match.

use crate::layout;
/// Low halves of program counters in a site; and places in the table of addresses.
pub use crate::limits::{ALLOCATION_FRAMES as COUNTERS, ALLOCATIONS as PLACES};
use crate::sys;
use crate::walk::Call;
use core::sync::atomic::{AtomicU64, Ordering::*};
use hb_detector::Context;

/// Sites in the other.
const SITES: usize = 1 << 14;
/// Sites among which one is looked for.
const WAYS: usize = 4;
/// Words of a site behind its head: the type, and the counters in pairs.
const WORDS: usize = 5;
/// Go keeps a word of its own before what is allocated in some blocks.
const HEADER: usize = 8;
/// In blocks of this size what is allocated may begin anywhere: Go puts small things without pointers at their end.
const TINY: usize = 16;

/// In the place of a type: the block is that of a buffered channel, and its size is the channel's capacity.
pub const CHANNEL: usize = 1;

const ADDR_BITS: u32 = 47;
const SITE_BITS: u32 = 14;
const AGE_BITS: u32 = 8;
const GOID_BITS: u32 = 18;
const SIZE_BITS: u32 = 24;
const _: () = assert!(SITE_BITS + AGE_BITS + GOID_BITS + SIZE_BITS == 64 && SITES == 1 << SITE_BITS);

/// The address and the check sum; the site and its age, the goroutine's number and the size.
#[repr(C)]
struct Place([AtomicU64; 2]);

/// A check sum and the age, the type, and the counters in pairs.
#[repr(C, align(64))]
struct Site([AtomicU64; 1 + WORDS]);

const _: () = assert!(size_of::<Place>() * PLACES + size_of::<Site>() * SITES <= layout::ALLOCATIONS_BYTES);
const _: () = assert!(COUNTERS + 2 == 2 * WORDS);

/// What is known of an allocation.
#[derive(Clone, Copy)]
pub struct Allocation {
    /// First byte.
    pub start: usize,
    /// Bytes asked for; 0 for very many.
    pub size: usize,
    /// The address of Go's type of the value or its elements; 0: bytes without pointers, or [`CHANNEL`].
    pub type_: usize,
    /// Go's number of the goroutine; 0 where it is not known.
    pub goid: u64,
    /// Low halves of program counters, innermost first; zeros behind the last.
    pub counters: [u32; COUNTERS],
    /// Whether there may be more of them.
    pub cut: bool,
}

/// Maps the tables; whether there are any.
pub fn map() -> bool {
    let mapped = sys::map_fixed(layout::ALLOCATIONS, layout::ALLOCATIONS_BYTES, sys::PROT_READ_WRITE) >= 0;
    if mapped {
        // All of it is soon in use, and small pages would take the place of the heap's and its shadow's in the processor's table of pages.
        // SAFETY: the advice changes no contents.
        unsafe { sys::advise(layout::ALLOCATIONS, layout::ALLOCATIONS_BYTES, sys::MADV_HUGEPAGE) };
        // SAFETY: as above.
        unsafe { sys::advise(layout::ALLOCATIONS, layout::ALLOCATIONS_BYTES, sys::MADV_DONTDUMP) };
    }
    mapped
}

fn site(index: usize) -> &'static Site {
    // SAFETY: the tables are mapped where blocks are noted or looked up, and consist of atomics.
    unsafe { &*((layout::ALLOCATIONS + index % SITES * size_of::<Site>()) as *const Site) }
}

fn place(addr: usize) -> &'static Place {
    // Neighbours lie next to each other, and the parts of a large heap are spread.
    let index = (addr >> 4).wrapping_add((addr >> 23).wrapping_mul(0x9e3b)) % PLACES;
    let places = layout::ALLOCATIONS + SITES * size_of::<Site>();
    // SAFETY: as above.
    unsafe { &*((places + index * size_of::<Place>()) as *const Place) }
}

fn head(addr: usize, about: u64) -> u64 {
    let mixed = about.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    addr as u64 | mixed >> ADDR_BITS << ADDR_BITS
}

/// Notes that `ctx` has allocated `size` bytes at `addr`, in the function that was called at `call` in the innermost one on its shadow stack.
pub fn note(ctx: &Context, addr: usize, size: usize, type_: usize, call: Call) {
    let mut counters = [0; COUNTERS];
    let outer = ctx.frames().iter().rev().map(|frame| frame.pc as u32);
    let inner = [call.callee as u32, call.pc as u32].into_iter().filter(|low| *low != 0);
    for (slot, low) in counters.iter_mut().zip(inner.chain(outer)) {
        *slot = low;
    }
    let mut words = [0; WORDS];
    let [kind, rest @ ..] = &mut words;
    *kind = type_ as u64;
    for (word, pair) in rest.iter_mut().zip(counters.chunks_exact(2)) {
        if let [low, high] = pair {
            *word = u64::from(*low) | u64::from(*high) << 32;
        }
    }
    let goid = ctx.goid.load(Relaxed);
    let goid = if goid >> GOID_BITS == 0 { goid } else { 0 };
    let size = if size >> SIZE_BITS == 0 { size as u64 } else { 0 };
    let (first, second) = match site_of(&words) {
        Some(site) => {
            let about = site << (GOID_BITS + SIZE_BITS) | goid << SIZE_BITS | size;
            (head(addr, about), about)
        }
        None => (0, 0),
    };
    let place = place(addr);
    place.0[0].store(first, Relaxed);
    place.0[1].store(second, Relaxed);
}

/// The number and the age of the site with these words, which takes over an old one's memory where it is new. `None` where
/// somebody else is about to.
fn site_of(words: &[u64; WORDS]) -> Option<u64> {
    let key = words.iter().fold(0u64, |sum, word| (sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let check = (key >> AGE_BITS | 2) << AGE_BITS;
    let first = (key >> 40) as usize;
    for way in 0..WAYS {
        let Site([head, rest @ ..]) = site(first.wrapping_add(way));
        let found = head.load(Acquire);
        if found >> AGE_BITS == check >> AGE_BITS
            && rest.iter().zip(words).all(|(word, want)| word.load(Relaxed) == *want)
            && head.load(Acquire) == found
        {
            return Some(number(first.wrapping_add(way), found));
        }
    }
    // An empty one, or the one that the key says.
    let free = (0..WAYS).find(|way| site(first.wrapping_add(*way)).0[0].load(Relaxed) == 0);
    let index = first.wrapping_add(free.unwrap_or(key as usize % WAYS));
    let Site([head, rest @ ..]) = site(index);
    let old = head.load(Relaxed);
    // The age goes up with each owner, so that places which name an earlier one tell nothing.
    let new = check | old.wrapping_add(1) & ((1 << AGE_BITS) - 1);
    if old == WRITTEN || head.compare_exchange(old, WRITTEN, AcqRel, Relaxed).is_err() {
        return None;
    }
    for (word, value) in rest.iter().zip(words) {
        word.store(*value, Release);
    }
    head.store(new, Release);
    Some(number(index, new))
}

/// The head of a site that is being written.
const WRITTEN: u64 = 1 << AGE_BITS;

fn number(index: usize, head: u64) -> u64 {
    (index % SITES) as u64 | (head & ((1 << AGE_BITS) - 1)) << SITE_BITS
}

/// The last allocation in the block of `size` bytes that begins at `block`, if it holds `addr`.
pub fn find(block: usize, size: usize, addr: usize) -> Option<Allocation> {
    let within = |distance: usize| {
        let mut found = at(block + distance)?;
        if found.type_ != CHANNEL && found.size == 0 {
            found.size = size - distance;
        }
        let behind = found.start + if found.type_ == CHANNEL { size } else { found.size };
        (found.start <= addr && addr < behind).then_some(found)
    };
    if size <= TINY { (0..size).find_map(within) } else { within(0).or_else(|| within(HEADER)) }
}

fn at(start: usize) -> Option<Allocation> {
    let [first, second] = &place(start).0;
    let about = second.load(Relaxed);
    if first.load(Relaxed) != head(start, about) {
        return None;
    }
    let numbered = about >> (GOID_BITS + SIZE_BITS);
    let Site([head, rest @ ..]) = site(numbered as usize);
    let before = head.load(Acquire);
    let mut words = [0; WORDS];
    for (to, from) in words.iter_mut().zip(rest) {
        *to = from.load(Acquire);
    }
    if before >> AGE_BITS <= WRITTEN >> AGE_BITS
        || number(numbered as usize, before) != numbered
        || head.load(Acquire) != before
    {
        return None;
    }
    let [type_, rest @ ..] = words;
    let mut counters = [0; COUNTERS];
    for (pair, word) in counters.chunks_exact_mut(2).zip(rest) {
        if let [low, high] = pair {
            (*low, *high) = (word as u32, (word >> 32) as u32);
        }
    }
    let cut = counters.last().is_some_and(|last| *last != 0);
    let goid = about >> SIZE_BITS & ((1 << GOID_BITS) - 1);
    let size = (about & ((1 << SIZE_BITS) - 1)) as usize;
    Some(Allocation { start, size, type_: type_ as usize, goid, counters, cut })
}
