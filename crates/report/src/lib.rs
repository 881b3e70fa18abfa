//! What a data-race finding is, as plain versioned data, and its renderings.
//!
//! The runtime writes [`raw`] records; this crate reads, explains and renders them. It knows nothing of how races are
//! detected, and starts no process.

pub mod classic;
pub mod raw;
pub mod render;
