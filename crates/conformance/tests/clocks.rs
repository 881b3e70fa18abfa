//! Vector clocks against what they stand for: a map from lanes to clocks. Many share their nodes, so each change is followed by a
//! look at all of them.

use hb_conformance::rng::Rng;
use hb_detector::memory::{Memory, Region};
use hb_detector::tree::{Tree, Trees};
use std::collections::BTreeMap;
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

const NODES: usize = 1 << 16;

/// Zeroed bytes, aligned as nodes are, that are never freed.
fn zeroed(bytes: usize) -> *mut u8 {
    #[derive(Clone)]
    #[repr(align(64))]
    struct Line(#[expect(dead_code, reason = "it is only there to take room")] [u64; 8]);
    Box::leak(vec![Line([0; 8]); bytes / 64].into_boxed_slice()).as_mut_ptr().cast()
}

/// The clocks of a few lanes.
type Plain = BTreeMap<u32, u32>;

fn join(into: &mut Plain, from: &Plain) {
    for (&lane, &clock) in from {
        let known = into.entry(lane).or_default();
        *known = clock.max(*known);
    }
}

/// One life of `owners` clocks of lanes below `lanes`; all are ended in the end.
fn live(trees: &Trees, rng: &mut Rng, owners: usize, lanes: usize, steps: usize) {
    let mut clocks: Vec<(Tree, Plain)> = (0..owners).map(|_| (Tree::EMPTY, Plain::new())).collect();
    let mut time = 0;
    // Some lanes are used much more than others, as they are where few goroutines work and many are parked.
    let busy: Vec<u32> = (0..6).map(|_| 1 + rng.below(lanes - 1) as u32).collect();
    for _ in 0..steps {
        let (a, b) = (rng.below(owners), rng.below(owners));
        match rng.below(8) {
            0..4 => {
                time += 1;
                let lane = if rng.chance(3, 4) { rng.pick(&busy) } else { 1 + rng.below(lanes - 1) as u32 };
                let clock = if rng.chance(1, 8) { rng.below(time as usize) as u32 } else { time };
                let (tree, plain) = &mut clocks[a];
                trees.raise::<Alone>(a as u32, tree, lane, clock);
                join(plain, &Plain::from([(lane, clock)]));
            }
            4..6 => {
                let (from, plain) = (trees.share(&clocks[b].0), clocks[b].1.clone());
                trees.join::<Alone>(a as u32, &mut clocks[a].0, &from);
                trees.drop::<Alone>(b as u32, from);
                join(&mut clocks[a].1, &plain);
            }
            6 => {
                let shared = (trees.share(&clocks[b].0), clocks[b].1.clone());
                let old = std::mem::replace(&mut clocks[a], shared);
                trees.drop::<Alone>(a as u32, old.0);
            }
            _ if rng.chance(1, 10) => {
                trees.drop::<Alone>(a as u32, clocks[a].0.take());
                clocks[a].1.clear();
            }
            _ => clocks.swap(a, b),
        }
        for (tree, plain) in &clocks {
            for lane in busy.iter().copied().chain((0..4).map(|_| 1 + rng.below(lanes - 1) as u32)) {
                let clock = plain.get(&lane).copied().unwrap_or(0);
                assert_eq!(trees.get(tree, lane), clock);
                assert!(trees.reaches(tree, lane, clock) && !trees.reaches(tree, lane, clock + 1));
            }
        }
    }
    for (tree, plain) in clocks {
        for lane in 1..lanes as u32 {
            assert_eq!(trees.get(&tree, lane), plain.get(&lane).copied().unwrap_or(0));
        }
        trees.drop::<Alone>(0, tree);
    }
}

#[test]
fn clocks_are_what_they_stand_for_and_leave_nothing_behind() {
    for lanes in [2, 31, 32, 33, 64, 300, 1025, 5000] {
        // SAFETY: zero is a valid beginning, as in an engine.
        let mut trees: Trees = unsafe { std::mem::zeroed() };
        trees.init((zeroed(NODES * 128), NODES * 128), (zeroed(NODES * 4), NODES * 4));
        let mut rng = Rng::new(lanes as u64);
        let mut most = 0;
        for round in 0..40 {
            live(&trees, &mut rng, 8, lanes, 200);
            if round < 20 {
                most = trees.used();
            }
        }
        assert!(trees.used() <= most + 64, "{most} nodes, then {}", trees.used());
        assert_eq!(trees.exhausted.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}
