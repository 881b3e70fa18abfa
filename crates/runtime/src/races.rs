//! From the engine's conflicts to reports: whose accesses, with which stacks, and whether that was said before.

mod calls;
mod desk;
mod events;
mod goroutines;
mod heap;
mod life;
mod stacks;

pub use life::{begin, finish, leave};

use crate::engine::State;
use crate::limits::SAME_RACES;
use crate::sys;
use calls::Calls;
use core::sync::atomic::Ordering::Relaxed;
use desk::{ANCESTORS, Desk, REPEATS, with_desk};
use events::{SYNC, common, event, told};
use goroutines::{NOBODY, goroutine, previous_owner, who};
use hb_detector::history;
use hb_detector::{Conflict, Conflicts, Context};
use hb_wire::seen::{Inserted, Seen, address_key, block_key, lines_key, on, stacks_key};
use hb_wire::{Access, Next, Object, ObjectKind, Race, Stack, StackState, Symbolizer};
use heap::block;
use stacks::words;

/// Reports the races of one access of `ctx`.
#[cold]
pub fn report(ctx: &Context, conflicts: &Conflicts, write: bool, atomic: bool, size: usize, pc: usize) {
    with_desk(|state, reporter, desk| {
        for conflict in conflicts.as_slice() {
            if let Next::Exit(status) = one(state, reporter, desk, ctx, conflict, write, atomic, size, pc) {
                sys::exit_group(status);
            }
        }
    });
}

#[expect(clippy::too_many_arguments, reason = "one call, to keep the loop readable")]
fn one(
    state: &State,
    reporter: &mut hb_wire::Reporter,
    desk: &mut Desk,
    ctx: &Context,
    conflict: &Conflict,
    write: bool,
    atomic: bool,
    size: usize,
    pc: usize,
) -> Next {
    let detector = &state.detector;
    let overlap = conflict.earlier.mask() & conflict.mask;
    let addr = conflict.granule + overlap.trailing_zeros() as usize;
    let suppress = state.suppress_equal_stacks.load(Relaxed);
    let repeat = address_key(conflict.granule ^ pc.rotate_left(32));
    let place = desk.repeats.get_mut(repeat as usize % REPEATS);
    if let Some(place) = place
        && suppress
    {
        // 48 bits of key, 16 of count.
        if *place >> 16 != repeat >> 16 {
            *place = repeat & !0xffff;
        } else if *place & 0xffff >= SAME_RACES {
            return Next::Continue;
        }
        *place += 1;
    }
    let [current_stack, previous_stack] = &mut desk.stacks;
    let mut n = 0;
    for (slot, value) in current_stack
        .iter_mut()
        .zip(core::iter::once(pc).chain(ctx.frames().iter().rev().map(|frame| frame.pc as usize)))
    {
        *slot = value;
        n += 1;
    }
    let current_state = if n <= ctx.depth() { StackState::Truncated } else { StackState::Full };
    let current_stack = current_stack.get(..n).unwrap_or(&[]);

    let earlier = conflict.earlier;
    let past = detector.past(
        earlier.lane(),
        earlier.clock(),
        conflict.granule,
        overlap,
        earlier.kind(),
        words(previous_stack),
    );
    let (previous_len, previous_state) = match &past {
        Some(past) => (
            past.frames,
            if past.state == history::StackState::Full { StackState::Full } else { StackState::Truncated },
        ),
        None => (0, StackState::Lost),
    };
    let previous_stack = previous_stack.get(..previous_len).unwrap_or(&[]);

    // SAFETY: Go gave the callback for this; we are on a stack on which Go takes it, and its strings are constants.
    let symbolizer = unsafe {
        Symbolizer::new(core::mem::transmute::<usize, hb_wire::symbolize::GoCallback>(state.callback.load(Relaxed)))
    };
    let code = state.callback.load(Relaxed);
    let object = if detector.memory.in_heap(addr) {
        block(state, &symbolizer, addr, code, &mut desk.allocated, &mut desk.content)
    } else {
        // Only records have a place for it.
        Some(desk.globals.object(addr, reporter.records()))
    };
    if suppress {
        let variable = object.as_ref().map_or(0, variable);
        let mut keys = Seen::new(&mut desk.keys);
        if keys.insert(on(stacks_key(current_stack, previous_stack), variable)) == Inserted::Known {
            return Next::Continue;
        }
        // The read and the write of one `x++` are one race for who reads the report: the same lines, called from the same places, on the same
        // variable. Of a package-level one the parts are told apart by where they lie.
        let in_heap = object.as_ref().is_some_and(|object| object.kind == ObjectKind::Heap);
        let place = if in_heap && variable != 0 { variable } else { address_key(addr) };
        let line = |stack: &[usize]| stack.first().map_or(0, |pc| symbolizer.line_key(*pc));
        let key = lines_key(line(current_stack), outer(current_stack), line(previous_stack), outer(previous_stack));
        if keys.insert(on(key, place)) == Inserted::Known {
            return Next::Continue;
        }
    }
    if state.suppress_equal_addresses.load(Relaxed) {
        let mut keys = Seen::new(&mut desk.keys);
        if keys.insert(address_key(addr)) == Inserted::Known {
            return Next::Continue;
        }
    }

    let [current_created, previous_created] = &mut desk.created;
    let [current_line, previous_line] = &mut desk.ancestry;
    let [current_test, previous_test] = &mut desk.tests;
    let mut current_steps = [NOBODY; ANCESTORS];
    let mut previous_steps = [NOBODY; ANCESTORS];
    let parent = detector.lane_info(ctx.lane).parent_goid.load(Relaxed);
    let current = who(ctx.goid.load(Relaxed), ctx.lane, false, ctx.created, parent);
    let previous = previous_owner(detector, earlier.lane(), earlier.clock(), past.as_ref());
    let [current_call, before_call, after_call, common_call] = &mut desk.calls;
    let mut current_sync = [SYNC; 1];
    let mut previous_sync = [SYNC; 2];
    let before = detector.last_mark(ctx.lane);
    let current_sync = told(&mut current_sync, [event(state, before, false, code, current_call), None]);
    let previous_sync = told(
        &mut previous_sync,
        [
            event(state, past.and_then(|past| past.before), false, code, before_call),
            event(state, past.and_then(|past| past.after), true, code, after_call),
        ],
    );
    let common = common(detector, ctx, earlier, &past, previous, current, code, common_call, &mut desk.common);
    let race = Race {
        current: Access {
            write,
            atomic,
            address: addr,
            size: if atomic { size } else { overlap.count_ones() as usize },
            bytes: gapped(overlap),
            goroutine: goroutine(detector, current, current_created, current_line, &mut current_steps, current_test),
            stack: Stack { pcs: current_stack, state: current_state },
            sync: current_sync,
            locks: &[],
        },
        previous: Access {
            write: earlier.kind().writes(),
            atomic: earlier.kind().atomic(),
            address: conflict.granule + earlier.mask().trailing_zeros() as usize,
            size: earlier.mask().count_ones() as usize,
            bytes: gapped(earlier.mask()),
            goroutine: goroutine(
                detector,
                previous,
                previous_created,
                previous_line,
                &mut previous_steps,
                previous_test,
            ),
            stack: Stack { pcs: previous_stack, state: previous_state },
            sync: previous_sync,
            locks: &[],
        },
        object,
        common,
    };
    let next = reporter.race(&mut Calls, &symbolizer, &race, &mut desk.scratch);
    if next != Next::Known {
        state.races.fetch_add(1, Relaxed);
    }
    next
}

/// A number for the variable that an object is, or of which it is a part; 0 where it is not known.
fn variable(object: &Object<'_>) -> u64 {
    if object.kind == ObjectKind::Global {
        return if object.name.is_empty() { 0 } else { address_key(object.start) };
    }
    let Some(content) = &object.content else { return 0 };
    let allocated = object.allocation.and_then(|(_, stack)| stack.pcs.first().copied());
    block_key(content, allocated.unwrap_or(0))
}

/// `mask` if its bits are not in one piece, otherwise 0.
fn gapped(mask: u8) -> u8 {
    // The lowest bit, added, carries through a piece to its end.
    let piece = mask & mask.wrapping_neg();
    if mask & mask.wrapping_add(piece) == 0 { 0 } else { mask }
}

/// A stack without its innermost frame.
fn outer(stack: &[usize]) -> &[usize] {
    stack.get(1..).unwrap_or(&[])
}
