//! What can go wrong through a user, a machine or a toolchain, in words and with an exit status.
//!
//! Bugs of hb itself are not here: they panic.

use crate::exit_codes;
use crate::inject::InjectError;
use std::fmt;
use std::path::PathBuf;

/// An error that hb itself says, as opposed to one of the go command, which is handed through.
#[derive(Debug)]
pub enum HbError {
    /// hb's command line, or flags of the go command that contradict race detection.
    Usage(String),
    /// No go command: the text says where it was looked for.
    NoGo(String),
    /// A go command older than hb supports.
    GoTooOld {
        /// Its version, such as `go1.24.11`.
        version: String,
        /// Its GOROOT.
        goroot: PathBuf,
    },
    /// A build for a system that hb has no runtime for.
    UnsupportedPlatform {
        /// As `go env GOOS` says.
        goos: String,
        /// As `go env GOARCH` says.
        goarch: String,
    },
    /// The toolchain cannot be used.
    Toolchain(String),
    /// hb's cache directory cannot be used.
    Cache(String),
    /// The go command could not be started.
    CannotStart(String),
    /// A report could not be written.
    Report(String),
    /// The go command refused the question hb put to it; it has said why on standard error, and hb ends as it did.
    GoFailed(u8),
}

impl HbError {
    /// The status that hb exits with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit_codes::USAGE,
            Self::NoGo(_) => exit_codes::NO_GO,
            Self::GoTooOld { .. } => exit_codes::GO_TOO_OLD,
            Self::UnsupportedPlatform { .. } => exit_codes::UNSUPPORTED_PLATFORM,
            Self::Toolchain(_) => exit_codes::TOOLCHAIN,
            Self::Cache(_) => exit_codes::CACHE,
            Self::CannotStart(_) => exit_codes::CANNOT_START,
            Self::Report(_) => exit_codes::REPORT,
            Self::GoFailed(code) => *code,
        }
    }

    /// What the reader can do about it, if there is something general to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoGo(_) => Some("install Go 1.25 or newer (https://go.dev/dl), or name it: HB_GO=/path/to/go".into()),
            Self::GoTooOld { .. } => {
                Some("install a newer Go, or let the go command fetch one: GOTOOLCHAIN=go1.26.0+auto".into())
            }
            Self::UnsupportedPlatform { .. } => Some("build for linux/amd64, or use `go -race` there".into()),
            Self::Cache(_) => Some("name another directory: HB_CACHE=/some/dir".into()),
            _ => None,
        }
    }
}

impl fmt::Display for HbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text)
            | Self::NoGo(text)
            | Self::Toolchain(text)
            | Self::Cache(text)
            | Self::CannotStart(text)
            | Self::Report(text) => f.write_str(text),
            Self::GoTooOld { version, goroot } => {
                write!(f, "{version} (in {}) is too old: hb needs Go 1.25 or newer", goroot.display())
            }
            Self::UnsupportedPlatform { goos, goarch } => {
                write!(f, "{goos}/{goarch} is not supported: hb detects races on linux/amd64")
            }
            Self::GoFailed(code) => write!(f, "the go command failed with status {code}"),
        }
    }
}

impl std::error::Error for HbError {}

impl From<InjectError> for HbError {
    fn from(error: InjectError) -> Self {
        let text = error.to_string();
        match error {
            InjectError::Cache { .. } => Self::Cache(text),
            // The others are all about the toolchain at hand. (Its version and target were checked before.)
            _ => Self::Toolchain(text),
        }
    }
}
