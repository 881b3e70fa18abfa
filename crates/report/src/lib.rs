//! What a data-race finding is, as plain versioned data, and its renderings.
//!
//! The runtime writes [`raw`] records; [`collect`] reads those of all processes of a run, explains each race and counts
//! repetitions; [`render`](render::render) prints the [`Report`]. This crate knows nothing of how races are detected, and
//! starts no process.

pub mod baseline;
pub mod classic;
pub mod clean;
mod collect;
pub mod explain;
mod explainer;
pub mod finding;
pub mod ignore;
pub mod outcome;
pub mod raw;
pub mod render;
mod room;
pub mod rules;
pub mod source;
mod trimmed;

pub use collect::{CollectOptions, Collector, collect};
pub use explainer::Explainer;
pub use finding::{Finding, Report};

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What users and tools can cause.
#[derive(Debug)]
pub enum Error {
    /// A file or directory could not be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong, with line and column where there is one.
        problem: String,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, error: std::io::Error) -> Error {
        Error::Io { path: path.to_owned(), error }
    }

    pub(crate) fn format(path: &Path, problem: impl fmt::Display) -> Error {
        Error::Format { path: path.to_owned(), problem: problem.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Error::Format { path, problem } => write!(f, "{}: {problem}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

/// Writes a file whole or not at all: beside its place first, then moved there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = std::fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        Error::io(path, error)
    })
}
