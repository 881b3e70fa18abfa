//! The directory in which the processes of a run leave their findings, and what becomes of them afterwards.
//!
//! Each process built by hb that finds the variable `HB_FINDINGS` writes one file there, a JSON object a line. The
//! directory belongs to one run of hb. It holds a locked file for as long as that run lives, so that what a killed
//! run left behind can be told from what a living one is still filling. Where hb itself was killed, the races that were found are kept for a
//! week, and the next run says where.

use crate::cache;
use crate::error::HbError;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variable that names the directory to the runtime.
pub const VARIABLE: &str = "HB_FINDINGS";

const LOCK: &str = "lock";
/// How the names of directories begin: of runs, and of what is kept of those that were killed.
const RUN: &str = "run-";
const LEFT: &str = "left-";
/// How long that is kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The findings directory of this run, removed when dropped.
#[derive(Debug)]
pub struct Directory {
    path: tempfile::TempDir,
    /// What was left by runs that were killed since the last one.
    pub left: Vec<PathBuf>,
    /// Keeps the lock for as long as the directory lives.
    _lock: Flock<File>,
}

impl Directory {
    /// Makes a directory for this run in the cache, after removing those of runs that were killed. A cache that is complete may be read-only: then
    /// the directory lies in the temporary one.
    ///
    /// # Errors
    /// Neither can be written.
    pub fn new(cache_directory: &Path) -> Result<Self, HbError> {
        Self::below(cache_directory).or_else(|error| {
            let elsewhere = cache::temporary().and_then(|directory| Self::below(&directory));
            elsewhere.map_err(|_| error)
        })
    }

    fn below(directory: &Path) -> Result<Self, HbError> {
        let parent = directory.join("findings");
        cache::make_directory(&parent)?;
        let left = remove_abandoned(&parent);
        let make = || -> io::Result<Self> {
            let path = tempfile::Builder::new().prefix(RUN).tempdir_in(&parent)?;
            let file = File::create(path.path().join(LOCK))?;
            let lock =
                Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| io::Error::from(errno))?;
            Ok(Self { path, left: Vec::new(), _lock: lock })
        };
        let made = make().map_err(|e| cache::error("make a directory in", &parent, &e))?;
        Ok(Self { left, ..made })
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

/// Removes the directories of runs that are over, but keeps those with races; gives the new places of these. A run's lock dies with it, however
/// it ended.
fn remove_abandoned(parent: &Path) -> Vec<PathBuf> {
    let mut left = Vec::new();
    let Ok(entries) = fs::read_dir(parent) else {
        return left;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let older = |than: Duration| {
            let made = fs::metadata(&path).and_then(|m| m.modified());
            made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > than))
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(LEFT) {
            if older(KEPT) {
                let _ = fs::remove_dir_all(&path);
            }
            continue;
        }
        // Without a lock file it is being made at this moment, or was left in that state; age tells.
        let abandoned = match File::open(path.join(LOCK)) {
            Ok(file) => Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok(),
            Err(_) => older(Duration::from_secs(60)),
        };
        if !abandoned {
            continue;
        }
        let kept = parent.join(name.replacen(RUN, LEFT, 1));
        if has_races(&path) && fs::rename(&path, &kept).is_ok() {
            left.push(kept);
        } else {
            let _ = fs::remove_dir_all(&path);
        }
    }
    left
}

fn has_races(directory: &Path) -> bool {
    let race = |line: io::Result<Vec<u8>>| line.is_ok_and(|line| line.starts_with(b"{\"t\":\"race\""));
    let has_one = |path: &PathBuf| File::open(path).is_ok_and(|file| BufReader::new(file).split(b'\n').any(race));
    files_in(directory).is_ok_and(|files| files.iter().any(has_one))
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
    fn races_of_a_run_that_was_killed_are_kept_and_said_once() {
        let cache = tempfile::tempdir().unwrap();
        let run = |name: &str, line: &str| {
            let directory = cache.path().join("findings").join(name);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(LOCK), "").unwrap();
            fs::write(directory.join("1-1.jsonl"), format!("{{\"t\":\"process\"}}\n{line}\n")).unwrap();
            directory
        };
        let (racy, clean) = (run("run-racy", "{\"t\":\"race\"}"), run("run-clean", "{\"t\":\"end\"}"));
        let kept = cache.path().join("findings/left-racy");
        assert_eq!(Directory::new(cache.path()).unwrap().left, [kept.as_path()]);
        assert!(!racy.exists() && !clean.exists() && kept.join("1-1.jsonl").is_file());
        assert!(Directory::new(cache.path()).unwrap().left.is_empty());
        let old = std::time::SystemTime::now() - 2 * super::KEPT;
        fs::File::open(&kept).unwrap().set_modified(old).unwrap();
        assert!(Directory::new(cache.path()).unwrap().left.is_empty());
        assert!(!kept.exists());
    }

    #[test]
    fn a_cache_that_takes_nothing_is_no_obstacle() {
        let cache = tempfile::tempdir().unwrap();
        fs::write(cache.path().join("findings"), "no directory").unwrap();
        let findings = Directory::new(cache.path()).unwrap();
        fs::write(findings.path().join("1-1.jsonl"), "{}\n").unwrap();
        assert!(!findings.path().starts_with(cache.path()));
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
