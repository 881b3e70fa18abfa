//! Paths on the command line, and the built hb command that most tasks are given.

use std::path::{Path, PathBuf};

use clap::Args;

/// The hb command to use; a part of a task's options.
#[derive(Args)]
pub struct Hb {
    /// A built hb command.
    #[arg(long, value_name = "PATH", default_value = "target/release/hb")]
    hb: PathBuf,
}

impl Hb {
    /// Its path, good in every working directory.
    pub fn path(&self) -> Result<PathBuf, String> {
        absolute(&self.hb)
    }
}

/// A path that is good in every working directory.
pub fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))
}
