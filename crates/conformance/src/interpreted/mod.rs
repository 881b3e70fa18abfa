//! Generated programs as real Go programs under hb, held against the model.
//!
//! A Go program (`interpreter/`) is built with hb and told which events to make real, in which order ([`script`]): goroutines, accesses,
//! channels, locks. It keeps that order by means that the instrumentation does not see. What hb writes down of races is read back
//! and attributed to events ([`process`]), and each round of each program is judged as an engine is ([`campaign`]). So the
//! hooks in Go's runtime, the assembly of the fast paths and the way to a report are part of what is compared.

pub mod campaign;
pub mod directed;
pub mod process;
pub mod script;
