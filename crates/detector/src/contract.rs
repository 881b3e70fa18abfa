//! What the hooks' assembly knows of the engine: offsets, sizes, shifts, masks, tags and hashes.
//!
//! Each module states beside its types, by `for_assembly!`, the numbers that the assembly uses. The runtime puts them
//! all into a section of its object; the packer (`crates/hb/build/pack.rs`) reads them back from there, and hb writes
//! them as `#define`s before the assembly. So a number stands once, here, and the assembly follows when it changes.
//!
//! `cargo xtask inspect`, which reads a program's memory from outside, knows the numbers from the same place.
//!
//! What the assembly takes for granted beyond numbers (that two fields are neighbours, that there are four of something)
//! is asserted where the numbers are stated.

pub use crate::for_assembly::Constants;

/// Everything that the assembly (and `cargo xtask inspect`) knows of the engine.
pub const ENGINE: [Constants; 10] = [
    crate::context::FOR_ASSEMBLY,
    crate::epoch::FOR_ASSEMBLY,
    crate::shadow::FOR_ASSEMBLY,
    crate::stamp::FOR_ASSEMBLY,
    crate::sets::FOR_ASSEMBLY,
    crate::history::FOR_ASSEMBLY,
    crate::lane::FOR_ASSEMBLY,
    crate::ext::FOR_ASSEMBLY,
    crate::readers::FOR_ASSEMBLY,
    crate::memory::FOR_ASSEMBLY,
];
