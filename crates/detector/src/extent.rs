//! Regions that become usable from their beginning on, as they are needed.
//!
//! Address space that is mapped counts against limits and is locked by who locks all of his memory,
//! whether it is used or not. So the embedder is asked for a region's memory step by step
//! ([`Memory::extend`]), each a quarter of what there is already.

use crate::atomic::{AtomicUsize, Ordering};
use crate::memory::{Memory, Spin};

/// What is asked for at once is a multiple of this.
const STEP: usize = 256 << 10;
/// Where there is no room for a step, this much more than is needed may do. Memory is had in such
/// pages.
const SYSTEM_PAGE: usize = 4096;

/// A region, and how much of it is usable. Zero memory is an empty one.
#[repr(C)]
pub struct Extent {
    base: *mut u8,
    bytes: usize,
    usable: AtomicUsize,
    lock: Spin,
}

impl Extent {
    /// A region of which nothing is usable yet.
    pub const fn new(base: *mut u8, bytes: usize) -> Self {
        Self { base, bytes, usable: AtomicUsize::new(0), lock: Spin::new() }
    }

    /// Whether the first `bytes` bytes are usable, or could be made so.
    #[inline]
    pub fn reach<M: Memory>(&self, bytes: usize) -> bool {
        bytes <= self.usable.load(Ordering::Acquire) || self.extend::<M>(bytes)
    }

    #[cold]
    fn extend<M: Memory>(&self, bytes: usize) -> bool {
        if bytes > self.bytes {
            return false;
        }
        self.lock.lock::<M>();
        let usable = self.usable.load(Ordering::Relaxed);
        let generous = (bytes.max(usable + usable / 4)).next_multiple_of(STEP).min(self.bytes);
        let least = bytes.next_multiple_of(SYSTEM_PAGE).min(self.bytes);
        let mut enough = bytes <= usable;
        for end in [generous, least] {
            if !enough && M::extend(self.base.wrapping_add(usable), end - usable) {
                self.usable.store(end, Ordering::Release);
                enough = true;
            }
        }
        self.lock.unlock();
        enough
    }
}
