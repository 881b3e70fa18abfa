//! Bounds of what is kept for reports, beside those of the engine ([`hb_detector::limits`]). README names each.

/// Addresses of heap blocks for which it is remembered where they were allocated; a later one may take an earlier one's
/// place.
pub const ALLOCATIONS: usize = 1 << 19;
/// Frames kept of where a block was allocated, innermost first.
pub const ALLOCATION_FRAMES: usize = 8;
/// An access's line that has raced at one address this often with stacks that were all reported is not looked into again.
pub const SAME_RACES: u64 = 64;
