//! Shadow of memory that the program has given back to the system.

use crate::engine::state;
use crate::layout::{GROUP, group};
use core::sync::atomic::Ordering;
use hb_detector::memory::Memory;

/// Bytes of a page of memory.
const SYSTEM_PAGE: usize = 4096;

/// Forgets all about `[addr, addr + size)` and gives back the pages of its shadow. Nobody uses that memory meanwhile: Go has taken it
/// out of circulation.
pub fn give_back(addr: usize, size: usize) {
    let detector = &state().detector;
    let memory = &detector.memory;
    let end = addr + size;
    if size == 0 || !memory.in_heap(addr) || !memory.in_heap(end - 1) {
        return;
    }
    // Frees the precise records that words still refer to; the shadow of what was freed is empty already.
    detector.forget((addr >> 12) as u32, addr, size);
    // A byte of shadow for a byte of memory, so pages correspond.
    let (from, to) = (addr.next_multiple_of(SYSTEM_PAGE), end & !(SYSTEM_PAGE - 1));
    if from >= to {
        return;
    }
    memory.discard(memory.word(from).as_ptr().cast(), to - from);
    let mut at = from.next_multiple_of(GROUP);
    while at + GROUP <= to {
        group(at).store(0, Ordering::Relaxed);
        at += GROUP;
    }
}
