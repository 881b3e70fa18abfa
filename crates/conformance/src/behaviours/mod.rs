//! The explorer of behaviours (`hb-explore`) held against three judges: brute force over all interleavings ([`brute`]), the
//! memory model's oracle on every witness, and the engine on every schedule ([`events`]).

pub mod brute;
pub mod check;
pub mod events;
pub mod programs;
