//! Go source as evidence: excerpts, and what the accessed expression is called.

pub mod file;
pub mod lexer;
pub mod marker;
mod store;

pub use file::{Declaration, SourceFile};
pub use store::SourceStore;
