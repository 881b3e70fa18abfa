//! Where the blocks of the heap were allocated, and for what: remembered for reports, where somebody will read them.
//!
//! A table with a place for each address, by which the place is found; what is allocated there later takes it over. So the last allocation
//! at an address is known unless another block has the same place. Nothing is looked up or locked when a block is noted: a place is eight
//! words, of which the first carries a check sum of the others, so that one to which two wrote at a time tells nothing.

use crate::layout;
use crate::sys;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use hb_detector::Context;

/// Places in the table.
const PLACES: usize = 1 << 19;
/// Low halves of program counters in a place.
const COUNTERS: usize = 10;
/// Distances from the first byte of a block to that of what was allocated: Go keeps a word of its own before some.
const HEADERS: [usize; 2] = [0, 8];

/// In the place of a type: the block is that of a buffered channel, and its size is the channel's capacity.
pub const CHANNEL: usize = 1;

#[repr(C, align(64))]
struct Place([AtomicU64; 8]);

const _: () = assert!(size_of::<Place>() * PLACES == layout::ALLOCATIONS_BYTES);
const _: () = assert!(COUNTERS == 2 * (8 - 3));

/// What is known of an allocation.
#[derive(Clone, Copy)]
pub struct Allocation {
    /// First byte.
    pub start: usize,
    /// Bytes asked for.
    pub size: usize,
    /// The address of Go's type of the value or its elements; 0: bytes without pointers, or [`CHANNEL`].
    pub type_: usize,
    /// Go's number of the goroutine.
    pub goid: u64,
    /// Low halves of program counters, innermost first; zeros behind the last.
    pub counters: [u32; COUNTERS],
    /// Whether there may be more of them.
    pub cut: bool,
}

/// Maps the table; whether there is one.
pub fn map() -> bool {
    let mapped = sys::map_fixed(layout::ALLOCATIONS, layout::ALLOCATIONS_BYTES) >= 0;
    if mapped {
        // SAFETY: the advice changes no contents.
        unsafe { sys::advise(layout::ALLOCATIONS, layout::ALLOCATIONS_BYTES, sys::MADV_NOHUGEPAGE) };
    }
    mapped
}

fn place(addr: usize) -> &'static Place {
    // Neighbours lie next to each other, and the parts of a large heap are spread.
    let index = (addr >> 4).wrapping_add((addr >> 23).wrapping_mul(0x9e3b)) % PLACES;
    // SAFETY: the table is mapped where blocks are noted or looked up, and consists of atomics.
    unsafe { &*((layout::ALLOCATIONS + index * size_of::<Place>()) as *const Place) }
}

/// 16 bits of the other words.
fn sum(words: &[u64; 8]) -> u64 {
    let mixed = words.iter().skip(1).fold(0u64, |sum, word| (sum ^ word).rotate_left(9));
    (mixed ^ mixed >> 16 ^ mixed >> 32 ^ mixed >> 48) << 48
}

/// Notes that `ctx` has allocated `size` bytes at `addr`, in the function that was called at `call` in the innermost one on its shadow stack.
pub fn note(ctx: &Context, addr: usize, size: usize, type_: usize, call: crate::walk::Call) {
    let mut counters = [0; COUNTERS];
    let outer = ctx.frames().iter().rev().map(|frame| frame.pc as u32);
    let inner = [call.callee as u32, call.pc as u32].into_iter().filter(|low| *low != 0);
    for (slot, low) in counters.iter_mut().zip(inner.chain(outer)) {
        *slot = low;
    }
    let size = if size > u32::MAX as usize { u32::MAX } else { size as u32 };
    let mut words = [0; 8];
    let [first, about, kind, rest @ ..] = &mut words;
    *about = u64::from(size) | ctx.goid.load(Relaxed) << 32;
    *kind = type_ as u64;
    for (word, pair) in rest.iter_mut().zip(counters.chunks_exact(2)) {
        if let [low, high] = pair {
            *word = u64::from(*low) | u64::from(*high) << 32;
        }
    }
    *first = addr as u64;
    words[0] |= sum(&words);
    for (to, from) in place(addr).0.iter().zip(words) {
        to.store(from, Relaxed);
    }
}

/// The last allocation in the block of `size` bytes that begins at `block`, if it holds `addr`.
pub fn find(block: usize, size: usize, addr: usize) -> Option<Allocation> {
    HEADERS.iter().find_map(|header| {
        let found = at(block + header)?;
        let behind = found.start + if found.type_ == CHANNEL { size } else { found.size };
        (found.start <= addr && addr < behind).then_some(found)
    })
}

fn at(start: usize) -> Option<Allocation> {
    let mut words = [0; 8];
    for (to, from) in words.iter_mut().zip(&place(start).0) {
        *to = from.load(Relaxed);
    }
    if words[0] != start as u64 | sum(&words) {
        return None;
    }
    let [_, about, type_, rest @ ..] = words;
    let mut counters = [0; COUNTERS];
    for (pair, word) in counters.chunks_exact_mut(2).zip(rest) {
        if let [low, high] = pair {
            (*low, *high) = (word as u32, (word >> 32) as u32);
        }
    }
    let cut = counters.last().is_some_and(|last| *last != 0);
    let (size, goid) = ((about & u64::from(u32::MAX)) as usize, about >> 32);
    Some(Allocation { start, size, type_: type_ as usize, goid, counters, cut })
}
