//! The heap block that a race is on.

use super::stacks::counter;
use crate::blocks;
use crate::engine::State;
use core::sync::atomic::Ordering::Relaxed;
use hb_wire::{Object, ObjectKind, Stack, StackState, Symbolizer};

/// What is known of the block at `addr` from its allocation; `None` leaves it to Go's answer for blocks.
pub fn block<'a>(
    state: &State,
    symbolizer: &Symbolizer,
    addr: usize,
    code: usize,
    counters: &'a mut [usize; blocks::COUNTERS],
    text: &'a mut [u8],
) -> Option<Object<'a>> {
    let (start, size) = symbolizer.heap_block(addr).filter(|_| state.tells_blocks.load(Relaxed))?;
    let Some(found) = blocks::find(start, size, addr) else {
        let allocation = Some((0, Stack::LOST));
        return Some(Object { kind: ObjectKind::Heap, start, size, name: b"", allocation, content: None });
    };
    let mut n = 0;
    for (to, low) in counters.iter_mut().zip(found.counters) {
        if low != 0 {
            *to = counter(low, code);
            n += 1;
        }
    }
    let counters: &[usize] = counters;
    let stack = Stack {
        pcs: counters.get(..n).unwrap_or(&[]),
        state: if found.cut { StackState::Truncated } else { StackState::Full },
    };
    let mut object = Object {
        kind: ObjectKind::Heap,
        start: found.start,
        size: found.size,
        name: b"",
        allocation: Some((found.goid, stack)),
        content: None,
    };
    if found.type_ == blocks::CHANNEL {
        (object.start, object.size) = (start, size);
    } else if found.type_ != 0 {
        // SAFETY: Go tells of blocks, so it answers for types, and told of this one.
        object.content = unsafe { symbolizer.content(found.type_, found.size, addr - found.start, text) };
    }
    Some(object)
}
