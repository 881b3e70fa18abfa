//! Files kept by content in hb's cache directory.
//!
//! A set of files lies in a directory named by the hash of all their names and contents, so its path
//! is the same in every run and the go command's build cache stays warm. A set is written to a
//! temporary directory first and then renamed: other hb processes see all of it or nothing. A set
//! that was damaged afterwards is found out by its content and written again.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A set of files: relative names and contents.
#[derive(Default)]
pub struct FileSet(BTreeMap<String, Vec<u8>>);

impl FileSet {
    /// Adds a file; `name` is relative, with `/` between its parts.
    pub fn add(&mut self, name: impl Into<String>, contents: impl Into<Vec<u8>>) {
        self.0.insert(name.into(), contents.into());
    }

    /// The files' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The hash of all names and contents, as 32 hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (name, contents) in &self.0 {
            for part in [name.as_bytes(), contents] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        hex(&hash.finalize()[..16])
    }

    /// Makes sure that the set is in `cache`, and returns its directory.
    pub fn store(&self, cache: &Path) -> io::Result<PathBuf> {
        let dir = cache.join(self.hash());
        if self.is_intact(&dir) {
            return Ok(dir);
        }
        fs::create_dir_all(cache)?;
        let fresh = tempfile::Builder::new().prefix(".new-").tempdir_in(cache)?;
        for (name, contents) in &self.0 {
            let path = fresh.path().join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, contents)?;
        }
        if dir.symlink_metadata().is_ok() {
            self.repair(&dir, fresh.path())?;
        } else if let Err(error) = fs::rename(fresh.path(), &dir) {
            // Another hb process may have been faster.
            if !self.is_intact(&dir) {
                return Err(error);
            }
        } else {
            // Renamed: there is nothing left to remove.
            let _ = fresh.keep();
            set_readable(&dir)?;
        }
        if self.is_intact(&dir) {
            Ok(dir)
        } else {
            Err(io::Error::other(format!("{} changes while in use", dir.display())))
        }
    }

    /// Replaces the damaged files one by one, since another hb process may be reading the good ones.
    fn repair(&self, dir: &Path, fresh: &Path) -> io::Result<()> {
        if !dir.is_dir() {
            fs::remove_file(dir)?;
        }
        for (name, contents) in &self.0 {
            let path = dir.join(name);
            if fs::read(&path).is_ok_and(|found| found == *contents) {
                continue;
            }
            if path.is_dir() {
                fs::remove_dir_all(&path)?;
            }
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(fresh.join(name), path)?;
        }
        Ok(())
    }

    fn is_intact(&self, dir: &Path) -> bool {
        self.0.iter().all(|(name, contents)| fs::read(dir.join(name)).is_ok_and(|found| found == *contents))
    }
}

/// A temporary directory is for its owner only, a cache need not be.
#[cfg(unix)]
fn set_readable(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn set_readable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> FileSet {
        let mut set = FileSet::default();
        set.add("a", "one");
        set.add("b/c", "two");
        set
    }

    #[test]
    fn a_set_is_stored_once_and_under_a_stable_name() {
        let cache = tempfile::tempdir().unwrap();
        let dir = set().store(cache.path()).unwrap();
        assert_eq!(dir, set().store(cache.path()).unwrap());
        assert_eq!(fs::read(dir.join("b/c")).unwrap(), b"two");
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1, "no temporary directory stays");
    }

    #[test]
    fn other_contents_and_other_names_have_other_hashes() {
        let mut other = set();
        other.add("a", "onet");
        assert_ne!(other.hash(), set().hash());
        let mut shifted = FileSet::default();
        shifted.add("ao", "ne");
        shifted.add("b/c", "two");
        assert_ne!(shifted.hash(), set().hash());
    }

    #[test]
    fn a_damaged_set_is_repaired() {
        let cache = tempfile::tempdir().unwrap();
        let dir = set().store(cache.path()).unwrap();
        fs::write(dir.join("a"), "x").unwrap();
        fs::remove_file(dir.join("b/c")).unwrap();
        assert_eq!(dir, set().store(cache.path()).unwrap());
        assert_eq!(fs::read(dir.join("a")).unwrap(), b"one");
        fs::remove_dir_all(&dir).unwrap();
        fs::write(&dir, "a file in the directory's place").unwrap();
        assert_eq!(dir, set().store(cache.path()).unwrap());
    }

    #[test]
    fn several_processes_may_store_at_once() {
        let cache = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| set().store(cache.path()).unwrap());
            }
        });
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
    }
}
