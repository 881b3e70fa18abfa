//! Go programs for the explorer: the typed tree that a front end hands over ([`tree`]), and its lowering to the
//! explorer's instructions ([`mod@lower`]).
//!
//! `helper/` is the front end of the command, by Go's own parser and type checker; `helper/prelude/` is the library that
//! programs are checked and run against: the standard library's packages as far as they are known here, in Go.

pub mod answer;
pub mod helper;
pub mod lower;
pub mod scan;
pub mod tree;
pub mod types;

pub use answer::{Answer, answer};
pub use helper::HELPER;
pub use lower::{Ready, Refusal, Scale, lower};
