//! The real names of files that `-trimpath` has shortened.

use crate::CollectOptions;
use crate::raw::Race;
use std::collections::HashMap;
use std::path::PathBuf;

/// Finds the real names, and remembers them.
pub struct FileNames {
    trimmed: Vec<(String, PathBuf)>,
    known: HashMap<String, Option<String>>,
}

impl FileNames {
    /// For binaries and sources as the options say.
    pub fn new(options: &CollectOptions) -> FileNames {
        FileNames { trimmed: options.trimmed.clone(), known: HashMap::new() }
    }

    /// Calls the files of a race by their real names.
    pub fn restore(&mut self, race: &mut Race) {
        let Self { trimmed, known } = self;
        if trimmed.is_empty() {
            return;
        }
        race.each_frame(|frame| {
            // What is not trimmed is absolute.
            if frame.file.starts_with('/') || frame.file.is_empty() {
                return;
            }
            if !known.contains_key(&frame.file) {
                let real = trimmed.iter().find_map(|(start, directory)| {
                    let path = directory.join(frame.file.strip_prefix(start.as_str())?);
                    path.is_file().then(|| path.to_str().map(str::to_owned)).flatten()
                });
                known.insert(frame.file.clone(), real);
            }
            if let Some(Some(real)) = known.get(&frame.file) {
                frame.file.clone_from(real);
            }
        });
    }
}
