//! What the runtime says inside the checked process, and how it gets out of it.
//!
//! The runtime finds a race as a [`Race`]: two accesses with their program counters. This crate symbolizes it through
//! Go's own callback ([`symbolize`]), renders it as the text that Go's race detector prints ([`text`]) and as one raw
//! record for `hb` ([`json`], format in `docs/findings-schema.md`), and writes each with one `write(2)` ([`sink`]),
//! as the user's `GORACE` asks ([`gorace`]). [`Reporter`] ties these together and is what the runtime calls.
//!
//! The code runs on a scheduler stack of some 16 KB, in the middle of an arbitrary instruction of the program, and is
//! linked into an object without relocations. Hence the rules that every module here keeps:
//!
//! - no allocation, no standard library, no thread-locals, no writable statics: memory is handed in;
//! - no operation that can panic (slices are reached through `get` and iterators), for the panic machinery would bring
//!   in tables of pointers; for the same reason there are no tables of strings (see [`data::SyncOperation`]);
//! - small frames: whatever is large lives in the memory handed in;
//! - it makes no system call itself: the [`sink::Os`] trait does. So all of it is tested natively.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod buffer;
pub mod data;
pub mod environment;
pub mod gorace;
pub mod json;
pub mod reporter;
pub mod seen;
pub mod sink;
pub mod symbolize;
pub mod symbols;
pub mod text;

#[cfg(test)]
mod fake;

pub use buffer::Buffer;
pub use data::{
    Access, Ancestor, Common, Content, Goroutine, Lock, Object, ObjectKind, Race, Stack, StackState, SyncEvent,
    SyncOperation,
};
pub use gorace::Settings;
pub use reporter::{Next, Process, Reporter};
pub use sink::{FileId, Os};
pub use symbolize::Symbolizer;
