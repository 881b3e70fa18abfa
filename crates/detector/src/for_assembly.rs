//! How a module states what the assembly knows of it: see [`crate::contract`], which has all of it.

/// Names and values.
pub type Constants = &'static [(&'static str, u64)];

/// States constants for the assembly: `NAME = value;`, each with a comment that says what it is.
macro_rules! for_assembly {
    ($($(#[doc = $doc:literal])+ $name:ident = $value:expr;)+) => {
        /// What the assembly knows of this module: see [`crate::contract`].
        pub(crate) const FOR_ASSEMBLY: crate::for_assembly::Constants = &[$((stringify!($name), $value as u64)),+];
    };
}
pub(crate) use for_assembly;
