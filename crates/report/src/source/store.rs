//! Finds and keeps source files.

use super::{Package, SourceFile};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A longest source file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Most files of a directory that are looked through for a declaration.
const MAX_SIBLINGS: usize = 100;
/// Most files kept at once; when full, all are dropped and read again as needed.
const MAX_CACHED: usize = 512;

/// Source files by the name that the binary gives them.
#[derive(Default)]
pub struct SourceStore {
    /// Prefixes of recorded file names and the directories where those files are now.
    remaps: Vec<(String, PathBuf)>,
    cache: HashMap<PathBuf, Option<Rc<SourceFile>>>,
    packages: HashMap<String, Rc<Package>>,
}

impl SourceStore {
    /// A store that replaces the first matching prefix of `remaps` in each file name it is asked for.
    pub fn new(remaps: Vec<(String, PathBuf)>) -> SourceStore {
        SourceStore { remaps, ..SourceStore::default() }
    }

    /// Where a recorded file name is on this machine.
    pub fn locate(&self, recorded: &str) -> PathBuf {
        for (prefix, directory) in &self.remaps {
            if let Some(rest) = recorded.strip_prefix(prefix.as_str()) {
                return directory.join(rest.trim_start_matches('/'));
            }
        }
        PathBuf::from(recorded)
    }

    /// The file, or `None` if it is not here, not Go, or too large.
    pub fn file(&mut self, recorded: &str) -> Option<Rc<SourceFile>> {
        if !recorded.ends_with(".go") {
            return None;
        }
        let path = self.locate(recorded);
        self.read(path)
    }

    fn read(&mut self, path: PathBuf) -> Option<Rc<SourceFile>> {
        if let Some(known) = self.cache.get(&path) {
            return known.clone();
        }
        if self.cache.len() >= MAX_CACHED {
            self.cache.clear();
        }
        let regular = std::fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_FILE_BYTES);
        let file = regular.then(|| std::fs::read(&path).ok()).flatten();
        let file = file.map(|bytes| Rc::new(SourceFile::new(String::from_utf8_lossy(&bytes).into_owned())));
        self.cache.insert(path, file.clone());
        file
    }

    /// The other Go files of a file's directory, test files included.
    fn siblings(&self, recorded: &str) -> Vec<PathBuf> {
        let path = self.locate(recorded);
        let Some(entries) = path.parent().map(Path::to_owned).and_then(|dir| std::fs::read_dir(dir).ok()) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|other| *other != path && other.extension().is_some_and(|extension| extension == "go"))
            .collect();
        files.sort();
        files.truncate(MAX_SIBLINGS);
        files
    }

    /// The language version in the go.mod above a file.
    fn language(&self, recorded: &str) -> Option<(u32, u32)> {
        let path = self.locate(recorded);
        let text =
            path.ancestors().skip(1).find_map(|directory| std::fs::read_to_string(directory.join("go.mod")).ok())?;
        text.lines().find_map(|line| super::package::version(line.trim().strip_prefix("go ")?))
    }

    /// The package of a file: all files beside it with the same package clause, itself first. Each is called as `recorded` would call it.
    pub fn package(&mut self, recorded: &str) -> Option<Rc<Package>> {
        if let Some(known) = self.packages.get(recorded) {
            return Some(known.clone());
        }
        let own = self.file(recorded)?;
        let clause = package_clause(&own.text).map(str::to_owned);
        let directory = recorded.rsplit_once('/').map_or("", |(directory, _)| directory);
        let mut files = vec![(PathBuf::from(recorded), own)];
        for path in self.siblings(recorded) {
            let called = path.file_name().map(|name| Path::new(directory).join(name));
            if let (Some(called), Some(file)) = (called, self.read(path))
                && package_clause(&file.text) == clause.as_deref()
            {
                files.push((called, file));
            }
        }
        let language = self.language(recorded);
        let package = Rc::new(Package { files, language });
        if self.packages.len() >= MAX_CACHED {
            self.packages.clear();
        }
        self.packages.insert(recorded.to_owned(), package.clone());
        Some(package)
    }
}

/// The name in the package clause, without a look at the rest.
fn package_clause(text: &str) -> Option<&str> {
    let clause = text.lines().find_map(|line| line.strip_prefix("package "))?;
    clause.split([' ', '\t', '/', ';', '\r']).next()
}
