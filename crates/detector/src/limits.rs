//! Every bound of the engine, and what happens when it is reached. Each is counted and said at exit; none is silent.

use crate::atomic::{AtomicU64, Ordering};

/// Accesses remembered for one word at a time (at least), of goroutines that nothing orders. Past that a new one replaces an old one.
pub const ACCESSES_PER_WORD: usize = 512 << 10;
/// Lanes to which records refer that may be waiting for a goroutine that knows them before the longest-waiting one is handed on regardless.
pub const IDLE_LANES: u32 = 1 << 20;
/// Of so many idle lanes the history is kept.
pub const IDLE_HISTORIES: u32 = 64 << 10;
/// Frames kept of a calling context, innermost first.
pub const FRAMES: usize = 256;
/// Events kept of a goroutine's history by default (`history_size` doubles or halves it).
pub const HISTORY_EVENTS: u32 = 64 << 10;
/// Bytes of all histories together past which they stop growing and those of ended goroutines are dropped.
pub const HISTORY_BYTES: usize = 192 << 20;
/// Bytes of distinct `go` statement stacks.
pub const DEPOT: usize = 64 << 20;

/// How often each limit was reached.
#[derive(Default)]
#[repr(C)]
pub struct Limits {
    /// An unordered access was forgotten because its word had [`ACCESSES_PER_WORD`].
    pub accesses_forgotten: AtomicU64,
    /// A lane was handed on to a goroutine that did not know of its last owner's end: accesses of that owner no longer race.
    pub lanes_forgotten: AtomicU64,
    /// Memory for records was exhausted and an access or a synchronisation was not recorded.
    pub out_of_memory: AtomicU64,
    /// A `go` statement's stack was not kept.
    pub depot_full: AtomicU64,
}

impl Limits {
    /// Counts one.
    #[cold]
    pub fn reached(&self, limit: &AtomicU64) {
        limit.fetch_add(1, Ordering::Relaxed);
    }
}
