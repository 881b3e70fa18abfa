//! The hb command.
fn main() {}
