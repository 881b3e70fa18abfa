//! What goroutines synchronised with next to their accesses, and last before both.

use super::desk::CREATED;
use super::goroutines::Who;
use super::stacks::{counter, stack};
use crate::blocks;
use crate::engine::{State, state};
use crate::layout::Map;
use core::sync::atomic::Ordering::Relaxed;
use hb_detector::epoch::Lane;
use hb_detector::history::Past;
use hb_detector::history::marks::{Mark, What};
use hb_detector::{Context, Detector};
use hb_wire::{Common, Stack, StackState, Symbolizer, SyncEvent, SyncOperation};

/// Nothing, in an array of events.
pub const SYNC: SyncEvent<'static> =
    SyncEvent { after: false, operation: SyncOperation::Go, address: 0, capacity: None, clock: 0, stack: Stack::LOST };

/// A recorded event as reports tell it; its program counters lie in `memory`.
pub fn event<'a>(
    state: &State,
    mark: Option<Mark>,
    after: bool,
    code: usize,
    memory: &'a mut [usize; 2],
) -> Option<SyncEvent<'a>> {
    let mark = mark?;
    let operation = match mark.what {
        What::Acquire => SyncOperation::Acquire,
        What::Release => SyncOperation::Release,
        What::ReleaseMerge => SyncOperation::ReleaseMerge,
        What::ReleaseAcquire => SyncOperation::ReleaseAcquire,
        What::Load => SyncOperation::AtomicLoad,
        What::Store => SyncOperation::AtomicStore,
        What::Update => SyncOperation::AtomicRmw,
        What::Go => SyncOperation::Go,
        What::Untold => return None,
    };
    let mut n = 0;
    for low in [mark.callee, mark.pc] {
        if let Some(slot) = memory.get_mut(n)
            && low != 0
        {
            *slot = counter(low, code);
            n += 1;
        }
    }
    let memory: &[usize] = memory;
    let stack = Stack { pcs: memory.get(..n).unwrap_or(&[]), state: StackState::Truncated };
    let (address, capacity) = channel(state, mark.addr);
    Some(SyncEvent { after, operation, address, capacity, clock: mark.clock as u64, stack })
}

/// Where the object at `addr` is a buffered channel, where its buffer lies and its capacity: each slot of the buffer synchronises by itself.
fn channel(state: &State, addr: usize) -> (usize, Option<u64>) {
    if !state.tells_blocks.load(Relaxed) || !state.detector.memory.in_heap(addr) {
        return (addr, None);
    }
    // SAFETY: Go gave the callback for this; its strings are constants.
    let symbolizer = unsafe {
        Symbolizer::new(core::mem::transmute::<usize, hb_wire::symbolize::GoCallback>(state.callback.load(Relaxed)))
    };
    let found = symbolizer.heap_block(addr).and_then(|(start, size)| blocks::find(start, size, addr));
    match found {
        Some(found) if found.type_ == blocks::CHANNEL => (found.start, Some(found.size as u64)),
        _ => (addr, None),
    }
}

/// The events that there are, in the front of `memory`.
pub fn told<'a, 'b>(memory: &'b mut [SyncEvent<'a>], events: [Option<SyncEvent<'a>>; 2]) -> &'b [SyncEvent<'a>] {
    let mut n = 0;
    for event in events.into_iter().flatten() {
        if let Some(slot) = memory.get_mut(n) {
            *slot = event;
            n += 1;
        }
    }
    memory.get(..n).unwrap_or(&[])
}

/// The last event that precedes both accesses, as far as it can be told: what the present goroutine has heard last of the other one, or the
/// `go` statement by which one of the two started the other.
#[expect(clippy::too_many_arguments, reason = "one call, to keep the caller readable")]
pub fn common<'a>(
    detector: &Detector<Map>,
    ctx: &Context,
    earlier: hb_detector::Entry,
    past: &Option<Past>,
    previous: Who,
    current: Who,
    code: usize,
    memory: &'a mut [usize; 2],
    created: &'a mut [usize; CREATED],
) -> Option<Common<'a>> {
    let known = detector.known_of(ctx, earlier.lane());
    if previous.goid != 0 && previous.goid == current.parent {
        // Of its parent a goroutine knows at least what came before the go statement.
        let info = detector.lane_info(earlier.lane());
        if let Some(heard) = heard(detector, earlier.lane(), known, previous, code, memory)
            && known >= info.first.load(Relaxed)
        {
            return Some(heard);
        }
        let stack = stack(detector, current.created, created);
        return (!stack.pcs.is_empty()).then_some(Common { operation: SyncOperation::Go, goid: current.parent, stack });
    }
    if past.is_some()
        && known != 0
        && let Some(heard) = heard(detector, earlier.lane(), known, previous, code, memory)
    {
        return Some(heard);
    }
    if current.goid != 0 && current.goid == previous.parent {
        let stack = stack(detector, previous.created, created);
        return (!stack.pcs.is_empty()).then_some(Common {
            operation: SyncOperation::Go,
            goid: previous.parent,
            stack,
        });
    }
    None
}

/// The event by which others could learn of a goroutine's epoch `known`.
fn heard<'a>(
    detector: &Detector<Map>,
    lane: Lane,
    known: u32,
    who: Who,
    code: usize,
    memory: &'a mut [usize; 2],
) -> Option<Common<'a>> {
    let mark = detector.last_given(lane, known)?;
    let event = event(state(), Some(mark), false, code, memory)?;
    (!event.stack.pcs.is_empty()).then_some(Common { operation: event.operation, goid: who.goid, stack: event.stack })
}
