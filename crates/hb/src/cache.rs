//! hb's directory for what it prepares: `$HB_CACHE`, else `$XDG_CACHE_HOME/hb`, else `~/.cache/hb`. Where the last two are not set or cannot be
//! made (a build system's empty environment, a user without a home), a directory beside `$GOCACHE`, else one of the user's own in the temporary
//! directory.
//!
//! Everything in it can be made again, so that deleting it is always safe. Files are written whole or not at all (a
//! temporary file in the same directory, then a rename), named by their content, and compared before they are
//! trusted: a run killed half-way, two runs at once, or a file damaged on disk leave nothing wrong behind. A cache
//! that is complete is only read, so it may lie in a read-only image.

use crate::error::HbError;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Files that nothing has used for this long are removed when hb happens to look.
const KEEP_UNUSED: Duration = Duration::from_secs(14 * 24 * 3600);
/// A file's time of use is renewed when it is older than this, so that most runs write nothing.
const RENEW_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Where the cache is. The directory may not exist yet where it was named.
///
/// # Errors
/// The variables name no absolute directory, or there is no place for one.
pub fn directory() -> Result<PathBuf, HbError> {
    let named = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(dir) = named("HB_CACHE") {
        if dir.is_absolute() {
            return Ok(dir);
        }
        return Err(HbError::Cache(format!("HB_CACHE must be an absolute path, not {}", dir.display())));
    }
    // The XDG rules: a relative path there is to be ignored.
    let absolute = |name: &str| named(name).filter(|dir| dir.is_absolute());
    let usual = match absolute("XDG_CACHE_HOME") {
        Some(dir) => Some(dir.join("hb")),
        None => absolute("HOME").map(|home| home.join(".cache/hb")),
    };
    // One that is there already may be complete: it is only read then.
    if let Some(dir) = usual.filter(|dir| dir.is_dir() || make_directory(dir).is_ok()) {
        return Ok(dir);
    }
    let beside = absolute("GOCACHE").and_then(|cache| Some(cache.parent()?.join("hb")));
    match beside.filter(|dir| make_directory(dir).is_ok() && is_writable(dir)) {
        Some(dir) => Ok(dir),
        None => temporary(),
    }
}

/// The user's own directory in the temporary one, where nobody else can put anything.
///
/// # Errors
/// It cannot be made, or is somebody else's.
pub fn temporary() -> Result<PathBuf, HbError> {
    use std::os::unix::fs::MetadataExt;
    let user = nix::unistd::geteuid().as_raw();
    let dir = env::temp_dir().join(format!("hb-{user}"));
    make_directory(&dir)?;
    let found = fs::symlink_metadata(&dir).map_err(|e| error("read", &dir, &e))?;
    if found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0 {
        return Ok(dir);
    }
    Err(HbError::Cache(format!("{} belongs to somebody else, or others can write to it", dir.display())))
}

fn is_writable(dir: &Path) -> bool {
    nix::unistd::access(dir, nix::unistd::AccessFlags::W_OK).is_ok()
}

/// The error for `source` having happened to `path` in the cache.
pub fn error(doing: &str, path: &Path, source: &io::Error) -> HbError {
    HbError::Cache(format!("cannot {doing} {}: {source}", path.display()))
}

/// Makes `dir` and what is above it, readable by its owner only where it is new.
///
/// # Errors
/// The directory cannot be made.
pub fn make_directory(dir: &Path) -> Result<(), HbError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| error("make the directory", dir, &e))
}

/// Whether files can be made in `dir`.
///
/// # Errors
/// Why they cannot.
pub fn check_writable(dir: &Path) -> Result<(), HbError> {
    make_directory(dir)?;
    tempfile::Builder::new()
        .prefix(".probe-")
        .tempfile_in(dir)
        .and_then(|mut file| file.write_all(b"hb"))
        .map_err(|e| error("write in", dir, &e))
}

/// Makes sure that `dir` holds a file `name` with exactly `content`, and gives its path.
///
/// # Errors
/// It is not there and cannot be written.
pub fn ensure_file(dir: &Path, name: &str, content: &[u8]) -> Result<PathBuf, HbError> {
    let path = dir.join(name);
    if fs::read(&path).is_ok_and(|found| found == content) {
        renew(&path);
        return Ok(path);
    }
    make_directory(dir)?;
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?;
        file.write_all(content)?;
        file.persist(&path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(|e| error("write", &path, &e))?;
    remove_unused(dir);
    Ok(path)
}

/// A short name for `content`, the same on every machine.
pub fn content_name(content: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(content)[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Notes that `path` was used. Failing to is harmless: at worst the file is made again one day.
fn renew(path: &Path) {
    if age(path).is_some_and(|age| age > RENEW_AFTER)
        && let Ok(file) = fs::File::options().append(true).open(path)
    {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes files of `dir` unused for long, among them what a killed run left half-written. Only tidiness depends on
/// it, so what cannot be removed stays.
fn remove_unused(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if age(&path).is_some_and(|age| age > KEEP_UNUSED) && path.is_file() {
            let _ = fs::remove_file(path);
        }
    }
}

fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

#[cfg(test)]
mod tests {
    use super::{KEEP_UNUSED, content_name, ensure_file};
    use std::fs;
    use std::time::SystemTime;

    #[test]
    fn a_damaged_file_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = ensure_file(dir.path(), "a", b"right").unwrap();
        fs::write(&path, b"wrong").unwrap();
        assert_eq!(ensure_file(dir.path(), "a", b"right").unwrap(), path);
        assert_eq!(fs::read(&path).unwrap(), b"right");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn long_unused_files_go_and_used_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - 2 * KEEP_UNUSED;
        for name in ["old", "used", ".new-killed"] {
            let path = ensure_file(dir.path(), name, b"x").unwrap();
            let file = fs::File::options().append(true).open(path).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        ensure_file(dir.path(), "used", b"x").unwrap();
        ensure_file(dir.path(), "fresh", b"y").unwrap();
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["fresh", "used"]);
    }

    #[test]
    fn names_follow_content() {
        assert_eq!(content_name(b"a").len(), 24);
        assert_ne!(content_name(b"a"), content_name(b"b"));
    }
}
