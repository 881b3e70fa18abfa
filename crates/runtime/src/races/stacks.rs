//! Stacks and program counters as reports have them.

use super::desk::CREATED;
use crate::layout::Map;
use hb_detector::Detector;
use hb_wire::{Stack, StackState};

/// A stack that the depot keeps.
pub fn stack<'a>(detector: &Detector<Map>, id: u32, memory: &'a mut [usize; CREATED]) -> Stack<'a> {
    let n = detector.depot.get(id, words(memory));
    let state = if n == 0 {
        StackState::Lost
    } else if n == CREATED {
        StackState::Truncated
    } else {
        StackState::Full
    };
    let memory: &[usize] = memory;
    Stack { pcs: memory.get(..n).unwrap_or(&[]), state }
}

/// Program counters as the engine has them.
pub fn words(memory: &mut [usize]) -> &mut [u64] {
    // SAFETY: `usize` and `u64` are the same on amd64.
    unsafe { &mut *(core::ptr::from_mut(memory) as *mut [u64]) }
}

/// A program counter whose low half is `low`, near `code`.
pub fn counter(low: u32, code: usize) -> usize {
    let near = code & !0xffff_ffff | low as usize;
    if near > code && near - code > 1 << 31 {
        near - (1 << 32)
    } else if near < code && code - near > 1 << 31 {
        near + (1 << 32)
    } else {
        near
    }
}
