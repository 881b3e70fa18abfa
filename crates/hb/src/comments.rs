//! Where the sources of a run say `//hb:ignore`, looked up before it starts.
//!
//! What such a comment amounts to is found out race by race (`arbiter`). Before the run two things must be known: whether there are any, for
//! without one hb has nothing to decide, and the go command runs as it would by itself; and whether they have changed since, for a comment
//! leaves the test binary as it was, and the go command would hand out a result that another comment let pass.

use crate::go_env::GoEnv;
use hb_report::ignore::{MARK, is_marked, misspelt};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

/// The directories and files in which a run's own sources are: those of the module or the workspace, of modules that it takes from this
/// machine instead, and the files named on the command line. Without a module, those beside which the go command runs.
pub fn places(env: &GoEnv, working_directory: &Path, operands: &[OsString]) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for file in [&env.gomod, &env.gowork].map(Path::new).into_iter().filter(|file| file.is_file()) {
        let Some(directory) = file.parent() else { continue };
        places.push(directory.to_owned());
        let text = fs::read_to_string(file).unwrap_or_default();
        let local = |word: &&str| ["./", "../", "/"].iter().any(|start| word.starts_with(start)) || *word == "..";
        let words = text.lines().filter_map(|line| line.split("//").next()).flat_map(str::split_whitespace);
        places.extend(words.map(|word| word.trim_matches(['"', '`'])).filter(local).map(|word| directory.join(word)));
    }
    if places.is_empty() {
        places.extend(entries(working_directory).map(|entry| entry.path()).filter(|path| is_source(path)));
    }
    places.extend(operands.iter().map(|operand| working_directory.join(operand)).filter(|path| is_source(path)));
    // Each once, and none of what lies in another.
    let mut places: Vec<PathBuf> = places.iter().filter_map(|place| place.canonicalize().ok()).collect();
    places.sort();
    places.dedup_by(|below, above| below.starts_with(above));
    places
}

/// What the sources have.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// The lines with the mark: file, number and text.
    marked: Vec<(PathBuf, usize, String)>,
    /// What is to be said of comments that were meant to have it.
    pub misspelt: Vec<String>,
}

impl Comments {
    /// Looks through the sources in some places.
    pub fn find(places: &[PathBuf]) -> Self {
        let mut found = Self::default();
        places.iter().for_each(|place| look(place, &mut found));
        found.marked.sort();
        found.marked.dedup();
        found.misspelt.sort();
        found.misspelt.dedup();
        found
    }

    /// A text that differs where the comments do; none where there are none.
    pub fn digest(&self) -> Option<String> {
        if self.marked.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        for (file, number, line) in &self.marked {
            hash.update(format!("{}\0{number}\0{line}\n", file.display()));
        }
        Some(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The comments, with a reason, that none of these places is one of: file and line. The places may be relative to a directory above.
    pub fn unused(&self, used: &[(&str, u32)]) -> Vec<String> {
        let is_used = |file: &Path, number: usize| {
            used.iter().any(|(path, line)| *line as usize == number && file.ends_with(path))
        };
        let unused = self.marked.iter().filter(|(file, number, line)| is_marked(line) && !is_used(file, *number));
        unused.map(|(file, number, _)| format!("{}:{number}", file.display())).collect()
    }
}

/// Adds what a file has, or all files in and below a directory. Links to directories are not followed, which the go command does not
/// either, and which might go in circles.
fn look(place: &Path, found: &mut Comments) {
    if is_source(place) {
        return read(place, found);
    }
    for entry in entries(place).filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")) {
        let path = entry.path();
        if is_source(&path) || entry.file_type().is_ok_and(|found| found.is_dir()) {
            look(&path, found);
        }
    }
}

fn read(path: &Path, found: &mut Comments) {
    // What is not UTF-8 is no source of Go.
    let text = fs::read_to_string(path).unwrap_or_default();
    // Most files have nothing of the kind; none is misspelt beyond its first letters.
    let has = |start: &[u8]| text.as_bytes().windows(start.len()).any(|window| window.eq_ignore_ascii_case(start));
    if !has(b"//hb") && !has(b"// hb") {
        return;
    }
    for (line, number) in text.lines().zip(1..) {
        if line.contains(MARK) {
            found.marked.push((path.to_owned(), number, line.to_owned()));
        }
        if let Some(written) = misspelt(line) {
            let place = path.display();
            found
                .misspelt
                .push(format!("{place}:{number}: {written} means nothing to hb; did you mean {MARK} REASON?"));
        }
    }
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "go")
}

fn entries(directory: &Path) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(directory).into_iter().flatten().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_in_the_module_and_what_it_takes_from_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let gomod = write("m/go.mod", "module m // /no\n\nreplace example.com/b => ../b\n");
        write("m/a.go", "package m\n");
        let env = GoEnv { gomod: gomod.to_str().unwrap().to_owned(), ..GoEnv::default() };
        let here = directory.path().join("m");
        let look = |operands: &[&str]| {
            let operands: Vec<_> = operands.iter().map(OsString::from).collect();
            Comments::find(&places(&env, &here, &operands)).digest()
        };
        assert_eq!(look(&["."]), None);
        write("m/.git/x.go", "x++ //hb:ignore no source\n");
        write("c/c.go", "x++ //hb:ignore elsewhere\n");
        assert_eq!(look(&["."]), None);
        assert!(look(&["../c/c.go"]).is_some());

        write("b/b.go", "package b\n\nx++ //hb:ignore beside\n");
        let beside = look(&["."]).unwrap();
        write("m/p/p.go", "x++ //hb:ignore reason\n");
        let both = look(&["."]).unwrap();
        assert_ne!(beside, both);
        // Code may change; a comment, its reason and its line may not.
        write("m/p/p.go", "x++ //hb:ignore reason\n\nvar y int\n");
        assert_eq!(look(&["."]), Some(both.clone()));
        write("m/p/p.go", "\nx++ //hb:ignore reason\n");
        assert_ne!(look(&["."]), Some(both));
    }

    #[test]
    fn without_a_module_only_the_working_directory_counts() {
        let directory = tempfile::tempdir().unwrap();
        let env = GoEnv { gomod: "/dev/null".to_owned(), ..GoEnv::default() };
        let look = || Comments::find(&places(&env, directory.path(), &[])).digest();
        fs::create_dir(directory.path().join("below")).unwrap();
        fs::write(directory.path().join("below/a.go"), "//hb:ignore x\n").unwrap();
        assert_eq!(look(), None);
        fs::write(directory.path().join("a.go"), "//hb:ignore x\n").unwrap();
        assert!(look().is_some());
    }

    #[test]
    fn misspelt_and_unused_comments_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a/a.go");
        fs::create_dir(directory.path().join("a")).unwrap();
        fs::write(&file, "package a\nx++ //hb:ignore one\nx++ //hb:ignore two\nx++ //hb:ignore\n// hb:ignore three\n")
            .unwrap();
        let found = Comments::find(&[directory.path().to_owned()]);
        let [said] = &found.misspelt[..] else { panic!("{found:?}") };
        assert_eq!(
            *said,
            format!("{}:5: // hb:ignore means nothing to hb; did you mean //hb:ignore REASON?", file.display())
        );
        assert_eq!(found.unused(&[("a/a.go", 2), ("b/a.go", 3)]), [format!("{}:3", file.display())]);
    }
}
