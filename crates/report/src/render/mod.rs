//! The renderings.

pub mod classic;
