//! The memory in which reports are made, one at a time.

use crate::blocks;
use crate::engine::{REPORT_MEMORY, State, state};
use crate::globals::Globals;
use crate::layout::{self, Map};

/// Frames of a stack in a report.
pub const FRAMES: usize = 1024;
/// Frames of a `go` statement's stack.
pub const CREATED: usize = 64;
/// Steps of ancestry told.
pub const ANCESTORS: usize = hb_detector::depot::GENERATIONS as usize;
/// Keys of races already reported.
pub const KEYS: usize = 64 << 10;
/// Places for how often a line raced at an address.
pub const REPEATS: usize = 16 << 10;

/// The memory for reports, all of it guarded by the report lock.
#[repr(C)]
pub struct Desk {
    pub keys: [u64; KEYS],
    pub repeats: [u64; REPEATS],
    pub stacks: [[usize; FRAMES]; 2],
    pub created: [[usize; CREATED]; 2],
    pub ancestry: [[[usize; CREATED]; ANCESTORS]; 2],
    pub tests: [[u8; hb_detector::depot::LONGEST_NAME]; 2],
    pub calls: [[usize; 2]; 4],
    pub common: [usize; CREATED],
    pub allocated: [usize; blocks::COUNTERS],
    pub content: [u8; 4096],
    pub globals: Globals,
    pub scratch: [u8; 2 << 20],
}

const _: () = assert!(size_of::<Desk>() <= layout::STATE + layout::STATE_BYTES - REPORT_MEMORY);
const _: () = assert!(size_of::<usize>() == size_of::<u64>());

/// Runs `f` with the report lock held, and the reporter and the memory that it guards.
pub fn with_desk<R>(f: impl FnOnce(&'static State, &mut hb_wire::Reporter, &mut Desk) -> R) -> R {
    let state = state();
    state.report_lock.lock::<Map>();
    // SAFETY: guarded by the lock; both lie in the mapping at `STATE`, and zero is a value of each.
    let (reporter, desk) =
        unsafe { (&mut *(&raw const state.reporter).cast_mut(), &mut *(REPORT_MEMORY as *mut Desk)) };
    let result = f(state, reporter, desk);
    state.report_lock.unlock();
    result
}
