//! Finds and keeps source files.

use super::file::{Declaration, SourceFile};
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
}

impl SourceStore {
    /// A store that replaces the first matching prefix of `remaps` in each file name it is asked for.
    pub fn new(remaps: Vec<(String, PathBuf)>) -> SourceStore {
        SourceStore { remaps, cache: HashMap::new() }
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

    /// The declaration of a package-level variable in a file's package.
    pub fn package_variable(&mut self, recorded: &str, name: &str) -> Option<Declaration> {
        if let Some(found) = self.file(recorded)?.package_declaration(name) {
            return Some(found);
        }
        self.siblings(recorded).into_iter().find_map(|path| self.read(path)?.package_declaration(name))
    }

    /// The field `name`, of the struct `of` if given; `None` when several structs of the package have such a field.
    pub fn field(&mut self, recorded: &str, name: &str, of: Option<&str>) -> Option<Declaration> {
        let mut fields = self.file(recorded)?.fields(name);
        if fields.is_empty() || of.is_some_and(|of| !fields.iter().any(|field| field.of_struct.as_deref() == Some(of)))
        {
            for path in self.siblings(recorded) {
                fields.extend(self.read(path).map(|file| file.fields(name)).unwrap_or_default());
            }
        }
        if let Some(of) = of
            && let Some(exact) = fields.iter().find(|field| field.of_struct.as_deref() == Some(of))
        {
            return Some(exact.clone());
        }
        let first = fields.first()?;
        fields.iter().all(|field| field == first).then(|| first.clone())
    }
}
