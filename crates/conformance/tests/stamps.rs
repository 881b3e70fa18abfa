//! The detector's names for epochs after they were recycled and more were needed than ever before: two goroutines
//! must never have the same name. The generated programs are too small to get there.

use hb_detector::memory::{Memory, PAGE, REGIONS, Region};
use hb_detector::{Conflicts, Detector};
use std::sync::atomic::{AtomicU8, AtomicU64};

/// Application pages with shadow in use. Recycling lets the number of names grow with them; from 2^18 + 1 on it is above
/// the number that the engine begins with.
const PAGES: usize = (1 << 18) + 6000;
/// Epochs of each of the two goroutines.
const ROUNDS: usize = 4096;
/// All application memory: the pages, and a word for each epoch.
const BYTES: usize = PAGES * PAGE + 2 * ROUNDS * 8;
const SIZES: [(Region, usize); REGIONS.len()] = [
    (Region::Nodes, 1 << 20),
    (Region::NodeRefs, 1 << 16),
    (Region::Exts, 1 << 20),
    (Region::Blocks, 64 << 20),
    (Region::Stamps, 32 << 20),
    (Region::StampMarks, 1 << 20),
    (Region::Lanes, 1 << 16),
    (Region::Depot, 1 << 20),
    (Region::Splits, 1 << 20),
];

/// Leaked memory, zero at first; addresses begin at 0.
struct Leaked {
    regions: [(*mut u8, usize); REGIONS.len()],
    shadow: &'static [AtomicU64],
    flags: Vec<AtomicU8>,
}

/// Zeroed bytes that are never freed, aligned to 64.
fn zeroed(bytes: usize) -> *mut u8 {
    let all: &'static mut [u64] = Box::leak(vec![0u64; bytes / 8 + 8].into_boxed_slice());
    let at = all.as_mut_ptr().cast::<u8>();
    at.wrapping_add(at.align_offset(64))
}

// SAFETY: the parts are separate allocations, zero, aligned and never freed; one word for each granule, one flag for each page.
unsafe impl Memory for Leaked {
    fn region(&self, region: Region) -> (*mut u8, usize) {
        self.regions[REGIONS.iter().position(|r| *r == region).unwrap()]
    }
    fn word(&self, addr: usize) -> &AtomicU64 {
        &self.shadow[addr / 8]
    }
    fn touched(&self, addr: usize) -> &AtomicU8 {
        &self.flags[addr / PAGE]
    }
    fn pause(_: u32) {
        panic!("one thread waits for itself");
    }
    fn span(&self, nth: usize) -> Option<(usize, usize)> {
        (nth == 0).then_some((0, BYTES))
    }
    fn discard(&self, _: *mut u8, _: usize) {}
}

#[test]
fn no_name_is_given_out_twice_when_recycling_was_not_enough() {
    let words = BYTES / 8;
    // SAFETY: as many words as the slice has, zero (valid), never freed.
    let shadow = unsafe { std::slice::from_raw_parts(zeroed(words * 8).cast::<AtomicU64>(), words) };
    let memory = Leaked {
        regions: REGIONS.map(|region| {
            let size = SIZES.iter().find(|(r, _)| *r == region).unwrap().1;
            (zeroed(size), size)
        }),
        shadow,
        flags: (0..BYTES / PAGE).map(|_| AtomicU8::new(0)).collect(),
    };
    let itself = zeroed(size_of::<Detector<Leaked>>()).cast();
    // SAFETY: zeroed, aligned, large enough, never freed.
    let detector = unsafe { Detector::init(itself, memory) };
    // SAFETY: `go_start` gave the contexts out, each is used through this reference only.
    let main = unsafe { &mut *detector.go_start(None, 0, 0) };
    // SAFETY: as above.
    let other = unsafe { &mut *detector.go_start(Some(main), 0, 0) };

    let mut out = Conflicts::new();
    let (sync, scratch) = (8, 16);
    for page in 0..PAGES {
        detector.access(main, page * PAGE + 64, 8, true, 1, &mut out);
    }
    // Epoch after epoch, until the first million names were recycled and then used up again.
    for _ in 0..(2 << 20) + 1000 {
        detector.access(main, scratch, 8, true, 1, &mut out);
        detector.release(main, sync);
    }
    assert!(out.is_empty());
    assert!(detector.usage().3 >= 1, "names were recycled");

    // Two goroutines take names in turn. A name that both got would make the one's writes look like the other's own.
    let (of_main, of_other) = (PAGES * PAGE, PAGES * PAGE + ROUNDS * 8);
    for round in 0..ROUNDS {
        detector.release(main, sync);
        detector.release(other, sync + 1);
        let mut out = Conflicts::new();
        detector.access(main, of_main + round * 8, 8, true, 1, &mut out);
        detector.access(other, of_other + round * 8, 8, true, 2, &mut out);
        assert!(out.is_empty());
    }
    for round in 0..ROUNDS {
        let mut out = Conflicts::new();
        detector.access(other, of_main + round * 8, 8, false, 2, &mut out);
        detector.access(main, of_other + round * 8, 8, false, 1, &mut out);
        let earlier: Vec<_> = out.as_slice().iter().map(|conflict| conflict.earlier.lane()).collect();
        assert_eq!(earlier, [main.lane, other.lane], "round {round}: nothing orders these reads after the writes");
    }
}
