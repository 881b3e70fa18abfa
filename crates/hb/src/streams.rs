//! hb's own words on the standard streams, which may be full, closed, or a pipe whose reader has gone. None of that is a bug
//! of hb: what cannot be printed is an error with a status, and what cannot be said on standard error has nobody to hear it.

use crate::error::HbError;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Says a line on standard error.
pub fn say(line: impl Display) {
    // In one piece, so that it does not mix with what others write there.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Prints on standard output.
///
/// # Errors
/// It takes nothing. That a reader has gone is no error: it has seen what it wanted.
pub fn print(text: &str) -> Result<(), HbError> {
    printed(io::stdout().write_all(text.as_bytes()))
}

/// What became of something printed on standard output.
///
/// # Errors
/// As [`print()`].
pub fn printed(result: io::Result<()>) -> Result<(), HbError> {
    match result.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(HbError::Report(format!("cannot write standard output: {error}")))
        }
        _ => Ok(()),
    }
}
