//! Holds the happens-before engine against the memory model, on generated programs.
//!
//! A program is generated as one linearised execution ([`generate`]). The model says which pairs of its accesses
//! race. The same events are lowered to the calls that Go's runtime and `sync` make in a race build ([`lower`]),
//! made on an [`engine::Engine`], and what it reports is compared ([`compare`]): every report must be a race of the
//! model, and every location that the model calls racy must be reported. A program on which the two differ is made
//! small ([`shrink`]) and printed ([`mod@print`]).
//!
//! That reaches the engine, and nothing that is written in Go or assembly. [`interpreted`] has the same programs run as real
//! ones under hb.
//!
//! [`behaviours`] holds the explorer behind `hb outcomes` against brute force, the model and the engine.
//!
//! `EDGES.md` lists where Go's own hooks draw edges that the model does not have.

pub mod behaviours;
pub mod campaign;
pub mod compare;
pub mod detector_engine;
pub mod engine;
pub mod generate;
pub mod interpreted;
pub mod lower;
pub mod print;
pub mod reference;
pub mod rng;
pub mod room;
pub mod shrink;
