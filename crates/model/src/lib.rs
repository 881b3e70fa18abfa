//! The Go memory model by its definition: the oracle for tests.
//!
//! Nothing here runs concurrently and nothing here has a clock. An execution is a list of events
//! ([`event`]); the rules of the memory model turn it into a graph ([`oracle`]); happens-before is reachability in
//! that graph ([`order`]); a race is a conflicting pair of accesses that reachability leaves unordered
//! ([`access`]). Whoever doubts a verdict can follow it edge by edge to a rule.
//!
//! This crate knows no detector. `hb-conformance` holds the two against each other.

pub mod access;
pub mod event;
mod object;
pub mod oracle;
pub mod order;

pub use access::{Kind, Race};
pub use event::{Addr, Event, Goroutine, Op};
pub use oracle::{Invalid, Oracle};
