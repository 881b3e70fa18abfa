//! The directory in which the processes of a run leave their findings, and what becomes of them afterwards.
//!
//! Each process built by hb that finds the variable `HB_FINDINGS` writes one file there, a JSON object a line. The
//! directory belongs to one run of hb. It holds a locked file for as long as that run lives, so that what a killed
//! run left behind can be told from what a living one is still filling.

use crate::cache;
use crate::error::HbError;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The variable that names the directory to the runtime.
pub const VARIABLE: &str = "HB_FINDINGS";

const LOCK: &str = "lock";

/// How findings can be written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// As the runtime wrote them: JSON lines, one file after another
    Raw,
}

/// One report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// In which form.
    pub format: Format,
    /// To which file; `-` is standard output.
    pub output: PathBuf,
}

/// The findings directory of this run, removed when dropped.
#[derive(Debug)]
pub struct Directory {
    path: tempfile::TempDir,
    /// Keeps the lock for as long as the directory lives.
    _lock: Flock<File>,
}

impl Directory {
    /// Makes a directory for this run in the cache, after removing those of runs that were killed.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn new(cache_directory: &Path) -> Result<Self, HbError> {
        let parent = cache_directory.join("findings");
        cache::make_directory(&parent)?;
        remove_abandoned(&parent);
        let make = || -> io::Result<Self> {
            let path = tempfile::Builder::new().prefix("run-").tempdir_in(&parent)?;
            let file = File::create(path.path().join(LOCK))?;
            let lock =
                Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| io::Error::from(errno))?;
            Ok(Self { path, _lock: lock })
        };
        make().map_err(|e| cache::error("make a directory in", &parent, &e))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.path.path()
    }

    /// The files that processes have left, by name.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>, HbError> {
        let list = || -> io::Result<Vec<PathBuf>> {
            let mut files = Vec::new();
            for entry in fs::read_dir(self.path())? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "jsonl") {
                    files.push(path);
                }
            }
            files.sort();
            Ok(files)
        };
        list().map_err(|e| report_error("read", self.path(), &e))
    }

    /// Writes every report that was asked for. A report without findings is written too: an empty result is one.
    ///
    /// # Errors
    /// The first report that could not be written; the others are written all the same.
    pub fn report(&self, requests: &[Request]) -> Result<(), HbError> {
        let files = self.files()?;
        let mut result = Ok(());
        for request in requests {
            let written = match request.format {
                Format::Raw => write_raw(&files, &request.output),
            };
            if let Err(e) = written {
                result = result.and(Err(report_error("write the report", &request.output, &e)));
            }
        }
        result
    }
}

fn report_error(doing: &str, path: &Path, source: &io::Error) -> HbError {
    HbError::Report(format!("cannot {doing} {}: {source}", path.display()))
}

fn write_raw(files: &[PathBuf], output: &Path) -> io::Result<()> {
    let mut sink: Box<dyn Write> =
        if output == Path::new("-") { Box::new(io::stdout().lock()) } else { Box::new(File::create(output)?) };
    for file in files {
        let content = fs::read(file)?;
        sink.write_all(&content)?;
        // A process killed while it wrote leaves its last line open; the next file's must not grow onto it.
        if content.last().is_some_and(|&last| last != b'\n') {
            sink.write_all(b"\n")?;
        }
    }
    sink.flush()
}

/// Removes the directories of runs that are over. A run's lock dies with it, however it ended.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // Without a lock file it is being made at this moment, or was left in that state; age tells.
        let abandoned = match File::open(path.join(LOCK)) {
            Ok(file) => Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok(),
            Err(_) => fs::metadata(&path)
                .and_then(|m| m.modified())
                .is_ok_and(|made| made.elapsed().is_ok_and(|age| age.as_secs() > 60)),
        };
        if abandoned {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Directory, Format, LOCK, Request};
    use std::fs;

    #[test]
    fn files_are_joined_line_by_line() {
        let cache = tempfile::tempdir().unwrap();
        let findings = Directory::new(cache.path()).unwrap();
        fs::write(findings.path().join("2.jsonl"), "{\"b\":1}\n").unwrap();
        fs::write(findings.path().join("1.jsonl"), "{\"a\":1}\n{\"cut").unwrap();
        fs::write(findings.path().join("other"), "no").unwrap();
        let output = cache.path().join("out");
        let request = Request { format: Format::Raw, output: output.clone() };
        findings.report(&[request]).unwrap();
        assert_eq!(fs::read_to_string(output).unwrap(), "{\"a\":1}\n{\"cut\n{\"b\":1}\n");
    }

    #[test]
    fn a_report_that_cannot_be_written_is_an_error() {
        let cache = tempfile::tempdir().unwrap();
        let findings = Directory::new(cache.path()).unwrap();
        let request = Request { format: Format::Raw, output: cache.path().join("no/such/dir") };
        assert!(findings.report(&[request]).is_err());
    }

    #[test]
    fn only_abandoned_directories_go() {
        let cache = tempfile::tempdir().unwrap();
        let abandoned = cache.path().join("findings/run-gone");
        fs::create_dir_all(&abandoned).unwrap();
        fs::write(abandoned.join(LOCK), "").unwrap();
        let living = Directory::new(cache.path()).unwrap();
        let other = Directory::new(cache.path()).unwrap();
        assert!(!abandoned.exists());
        assert!(living.path().exists() && other.path().exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
