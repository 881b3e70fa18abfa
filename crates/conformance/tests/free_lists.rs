//! Free pieces go round: what one goroutine frees another uses again, whoever frees where.

use hb_detector::memory::{Blocks, Memory, Region, Slab};
use std::sync::atomic::{AtomicU8, AtomicU64};

/// Only its way of waiting is wanted here.
struct Alone;

// SAFETY: nothing is ever taken from it.
unsafe impl Memory for Alone {
    fn region(&self, _: Region) -> (*mut u8, usize) {
        unreachable!()
    }
    fn word(&self, _: usize) -> &AtomicU64 {
        unreachable!()
    }
    fn touched(&self, _: usize) -> &AtomicU8 {
        unreachable!()
    }
    fn pause(_: u32) {
        panic!("one thread waits for itself");
    }
    fn span(&self, _: usize) -> Option<(usize, usize)> {
        None
    }
    fn discard(&self, _: *mut u8, _: usize) {}
}

const BYTES: usize = 1 << 20;

/// Zeroed bytes that are never freed.
fn zeroed() -> *mut u8 {
    Box::leak(vec![0u64; BYTES / 8].into_boxed_slice()).as_mut_ptr().cast()
}

/// Allocates `count` pieces on one shard and frees them on another, again and again; no piece is had twice at a time.
fn goes_round(alloc: impl Fn(u32) -> u32, free: impl Fn(u32, u32), used: impl Fn() -> usize) {
    let mut after_first = 0;
    for round in 0..200 {
        let mut mine: Vec<u32> = (0..100).map(|_| alloc(1)).collect();
        let had = mine.clone();
        mine.sort_unstable();
        mine.dedup();
        assert!(mine.len() == 100 && mine[0] != 0);
        had.into_iter().enumerate().for_each(|(nth, piece)| free(2 + (nth as u32 + round) % 9, piece));
        if round == 0 {
            after_first = used();
        }
    }
    assert_eq!(used(), after_first, "no new pieces were needed");
}

#[test]
fn slots_freed_elsewhere_are_used_again() {
    // SAFETY: zero is a valid empty slab.
    let mut slab: Slab<[u64; 8]> = unsafe { std::mem::zeroed() };
    slab.init(zeroed(), BYTES);
    let slab = &slab;
    goes_round(
        |shard| slab.alloc::<Alone>(shard),
        // SAFETY: each came from `alloc` and is freed once.
        |shard, piece| unsafe { slab.free::<Alone>(shard, piece) },
        || slab.used() as usize,
    );
}

#[test]
fn blocks_freed_elsewhere_are_used_again() {
    // SAFETY: zero is a valid empty state.
    let mut blocks: Blocks = unsafe { std::mem::zeroed() };
    blocks.init(zeroed(), BYTES);
    let blocks = &blocks;
    goes_round(
        |shard| blocks.alloc(&Alone, 8, shard),
        // SAFETY: each came from `alloc` of this class and is freed once.
        |shard, piece| unsafe { blocks.free(&Alone, 8, shard, piece) },
        || blocks.used(),
    );
}
