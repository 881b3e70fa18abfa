//! Every behaviour that the Go memory model (go.dev/ref/mem, version of 2022) allows for a small program.
//!
//! A program ([`program`]) is run by a [`machine`] over explicit [`state`]s: goroutines, objects, and for each goroutine and
//! synchronisation object a [`view`], the live plain accesses that happen before it. [`search`] visits every state that can
//! be reached, up to renaming ([`canon`]), and collects how the program can end, what it can write and which accesses race.
//!
//! What is exact and what is not:
//! - An access that races makes reads of its location branch over every write that the text lets them observe. As an execution
//!   is built step by step, reads-from and happens-before together have no cycle: behaviours that only the sentence on
//!   "acausal and out of thin air" results forbids are not among the outcomes.
//! - Words never tear. Strings, slices and interfaces are several words: where a read may take them from different writes,
//!   that is an outcome of its own, and the execution ends there.
//! - `TryLock` may fail though the lock is free. `Cond.Signal` wakes in the order of waiting, as the runtime does.
//! - Time has no order: a timer may fire as soon as it is armed, and a sleep may take no time at all.

pub mod canon;
mod channels;
mod exec;
mod fair;
mod locks;
pub mod machine;
mod maps;
mod memory;
pub mod program;
pub mod search;
pub mod state;
mod text;
pub mod trace;
pub mod value;
pub mod view;
pub mod witness;
