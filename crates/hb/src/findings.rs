//! The directory in which the processes of a run leave their findings, and what becomes of them afterwards.
//!
//! Each process built by hb that finds the variable `HB_FINDINGS` writes one file there, a JSON object a line. The
//! directory belongs to one run of hb. It holds a locked file for as long as that run lives, so that what a killed
//! run left behind can be told from what a living one is still filling.

use crate::cache;
use crate::error::HbError;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The variable that names the directory to the runtime.
pub const VARIABLE: &str = "HB_FINDINGS";

const LOCK: &str = "lock";

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
        files_in(self.path()).map_err(|e| error("read", self.path(), &e))
    }

    /// All lines of all files, as the runtime wrote them.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn raw(&self) -> Result<Vec<u8>, HbError> {
        let mut lines = Vec::new();
        for file in self.files()? {
            let content = fs::read(&file).map_err(|e| error("read", &file, &e))?;
            lines.extend_from_slice(&content);
            // A process killed while it wrote leaves its last line open; the next file's must not grow onto it.
            if content.last().is_some_and(|&last| last != b'\n') {
                lines.push(b'\n');
            }
        }
        Ok(lines)
    }
}

/// The findings files in a directory, by name.
///
/// # Errors
/// It cannot be read.
pub fn files_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn error(doing: &str, path: &Path, source: &io::Error) -> HbError {
    HbError::Report(format!("cannot {doing} {}: {source}", path.display()))
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
    use super::{Directory, LOCK};
    use std::fs;

    #[test]
    fn files_are_joined_line_by_line() {
        let cache = tempfile::tempdir().unwrap();
        let findings = Directory::new(cache.path()).unwrap();
        fs::write(findings.path().join("2.jsonl"), "{\"b\":1}\n").unwrap();
        fs::write(findings.path().join("1.jsonl"), "{\"a\":1}\n{\"cut").unwrap();
        fs::write(findings.path().join("other"), "no").unwrap();
        assert_eq!(findings.raw().unwrap(), b"{\"a\":1}\n{\"cut\n{\"b\":1}\n");
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
