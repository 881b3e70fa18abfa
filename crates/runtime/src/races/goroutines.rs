//! Whose an access was: a goroutine, where it was started, and by whose descendants.

use super::desk::{ANCESTORS, CREATED};
use super::stacks::stack;
use crate::engine::state;
use crate::layout::Map;
use core::sync::atomic::Ordering::Relaxed;
use hb_detector::Detector;
use hb_detector::epoch::Lane;
use hb_detector::history::Past;
use hb_wire::{Ancestor, Goroutine, Stack, StackState};

/// A goroutine before its stacks are fetched.
#[derive(Clone, Copy)]
pub struct Who {
    pub goid: u64,
    pub finished: bool,
    pub created: u32,
    pub parent: u64,
}

/// Nobody, in an array of ancestors.
pub const NOBODY: Ancestor<'static> = Ancestor { goid: 0, created: Stack { pcs: &[], state: StackState::Lost } };

/// Without Go's numbers (the plain path) goroutines are numbered by lane; the main one is 1 in both.
pub fn who(goid: u64, lane: Lane, finished: bool, created: u32, parent: u64) -> Who {
    // Where nobody tells numbers, the main goroutine is known by its start alone.
    let unknown = if starts_main(created) { 1 } else { lane as u64 };
    Who { goid: if goid == 0 { unknown } else { goid }, finished, created, parent }
}

/// Whether a stack is that of the main goroutine's start. Go's start-up makes other goroutines outside of any function that has
/// a caller, too: those for callbacks from C threads.
fn starts_main(created: u32) -> bool {
    created != 0 && created == state().main_created.load(Relaxed)
}

/// Who had `lane` at its time `clock`.
pub fn previous_owner(detector: &Detector<Map>, lane: Lane, clock: u32, past: Option<&Past>) -> Who {
    let info = detector.lane_info(lane);
    let latest = clock >= info.first.load(Relaxed);
    let finished = !latest || info.context.load(Relaxed) == 0;
    match past {
        Some(past) => who(
            if past.goid == 0 && latest { info.goid.load(Relaxed) } else { past.goid },
            lane,
            finished,
            past.created,
            past.parent_goid,
        ),
        None if latest => {
            let parent = info.parent_goid.load(Relaxed);
            who(info.goid.load(Relaxed), lane, finished, info.created.load(Relaxed), parent)
        }
        None => Who { goid: 0, finished: true, created: 0, parent: 0 },
    }
}

/// A goroutine as reports tell it, with its ancestors.
pub fn goroutine<'a>(
    detector: &Detector<Map>,
    who: Who,
    created: &'a mut [usize; CREATED],
    line: &'a mut [[usize; CREATED]; ANCESTORS],
    steps: &'a mut [Ancestor<'a>; ANCESTORS],
    test: &'a mut [u8],
) -> Goroutine<'a> {
    let created = stack(detector, who.created, created);
    let mut id = who.created;
    let mut goid = who.parent;
    let mut n = 0;
    for (memory, step) in line.iter_mut().zip(steps.iter_mut()) {
        // The main goroutine ends the line; where numbers are not known the stacks go on.
        id = detector.depot.ancestor(id);
        if who.goid == 1 || (id == 0 && goid == 0) {
            break;
        }
        let mut created = stack(detector, id, memory);
        if starts_main(id) {
            goid = 1;
        }
        if goid == 1 {
            created = Stack { pcs: &[], state: StackState::Full };
        }
        *step = Ancestor { goid, created };
        n += 1;
        if goid == 1 {
            break;
        }
        goid = if goid == 0 { 0 } else { detector.parent_of(goid) };
    }
    let named = detector.depot.name(who.created, test);
    let test: &[u8] = test;
    Goroutine {
        goid: who.goid,
        is_main: who.goid == 1,
        finished: who.finished,
        created,
        test: test.get(..named).unwrap_or(&[]),
        ancestry: steps.get(..n).unwrap_or(&[]),
    }
}
