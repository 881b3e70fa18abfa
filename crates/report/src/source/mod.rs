//! Go source as evidence: excerpts, what the accessed expression is called, and how control flows.

pub mod file;
pub mod flow;
pub mod lexer;
pub mod operands;
pub mod package;
pub mod scope;
pub mod sizes;
mod store;
pub mod syntax;

pub use file::SourceFile;
pub use package::Package;
pub use store::SourceStore;
