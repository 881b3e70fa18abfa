//! `cargo xtask tidy`: what is agreed about the sources and no compiler checks.
//!
//! What does not hold yet is listed in `xtask/tidy.list`, each line with a number that may only shrink: more than listed is
//! wrong, and less is to be written down, by `--lower`, which raises none. The test of this module runs in every test run.

mod assembly;
mod documents;
mod rust;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

/// Options of `cargo xtask tidy`.
#[derive(Args)]
pub struct Options {
    /// Write down what has shrunk.
    #[arg(long)]
    lower: bool,
    /// Print the figures of the whole: circles, the largest type, long lines and functions, shared constants.
    #[arg(long)]
    figures: bool,
    /// Another checkout to look at.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// What was found: what is wrong, and what is counted.
#[derive(Default)]
pub struct Found {
    /// A line each: the place, and what to do.
    wrong: Vec<String>,
    /// By rule and place: how often. Held against the list.
    counted: BTreeMap<String, usize>,
    /// The circles of imports: a crate, and its modules.
    circles: Vec<String>,
}

impl Found {
    /// Something is wrong.
    pub fn wrong(&mut self, place: &str, what: &str) {
        self.wrong.push(format!("{place}: {what}"));
    }

    /// One more of what a rule counts at a place.
    pub fn count(&mut self, rule: &str, place: &str) {
        self.count_of(rule, place, 1);
    }

    /// So many more.
    pub fn count_of(&mut self, rule: &str, place: &str, number: usize) {
        *self.counted.entry(format!("{rule} {place}")).or_default() += number;
    }

    /// The sum of what a rule counts.
    fn sum(&self, rule: &str) -> usize {
        self.counted.iter().filter(|(key, _)| key.split(' ').next() == Some(rule)).map(|(_, count)| count).sum()
    }
}

/// A source file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
}

/// Checks. `Ok(false)`: something is wrong.
pub fn run(options: &Options) -> Result<bool, String> {
    let root = options.root.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let files = files(&root)?;
    let mut found = look(&files);
    if options.figures {
        figures(&files, &found);
        return Ok(true);
    }
    let list = root.join(LIST);
    let text = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
    let lowered = hold(&mut found, &text, options.lower)?;
    if let Some(text) = lowered.filter(|_| options.lower) {
        fs::write(&list, text).map_err(|e| format!("{}: {e}", list.display()))?;
    }
    found.wrong.iter().for_each(|line| println!("{line}"));
    println!("{} files, {} wrong", files.len(), found.wrong.len());
    Ok(found.wrong.is_empty())
}

/// What does not hold yet.
const LIST: &str = "xtask/tidy.list";

fn look(files: &[File]) -> Found {
    let mut found = Found::default();
    text::check(files, &mut found);
    assembly::check(files, &mut found);
    rust::check(files, &mut found);
    documents::check(files, &mut found);
    found
}

fn figures(files: &[File], found: &Found) {
    println!("import circles inside crates: {}", found.sum("circle"));
    println!("modules in them: {}", found.sum("circle-modules"));
    found.circles.iter().for_each(|circle| println!("  {circle}"));
    if let Some((name, methods)) = rust::largest_type(files) {
        println!("methods on the largest type: {methods} ({name})");
    }
    println!("lines over {} columns: {}", text::WIDTH, text::all_wide(files));
    println!("functions over {} lines: {}", rust::LONG, found.sum("long-function"));
    println!("numbers in the assembly that Rust states, too: {}", assembly::hand_written(files));
    println!("macros of the assembly with labels: {}", assembly::macros_with_labels(files));
}

/// Holds what was counted against the list; the list as it should be, if something has shrunk.
fn hold(found: &mut Found, list: &str, lower: bool) -> Result<Option<String>, String> {
    let mut kept = String::new();
    let mut counted = std::mem::take(&mut found.counted);
    let mut shrunk = false;
    for line in list.lines() {
        if line.is_empty() || line.starts_with('#') {
            kept += &format!("{line}\n");
            continue;
        }
        let (key, listed) = line.rsplit_once(' ').ok_or_else(|| format!("{LIST}: {line}"))?;
        let listed: usize = listed.parse().map_err(|e| format!("{LIST}: {line}: {e}"))?;
        let now = counted.remove(key).unwrap_or(0);
        if now > listed {
            found.wrong(key, &format!("{now}, and {LIST} allows {listed}"));
        } else if now < listed {
            shrunk = true;
            if !lower {
                found.wrong(key, &format!("{now} where {LIST} has {listed}: cargo xtask tidy --lower writes it down"));
            }
        }
        if now > 0 {
            kept += &format!("{key} {}\n", now.min(listed));
        }
    }
    for (key, now) in counted {
        found.wrong(&key, &format!("{now}, and none is allowed: see docs/hacking.md"));
    }
    Ok(shrunk.then_some(kept))
}

/// The files that are looked at: what is written by hand, and no data.
fn files(root: &Path) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(root.join(&directory)).map_err(|e| format!("{directory}: {e}"))?;
        for entry in entries {
            let entry = entry.map_err(|e| e.to_string())?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            if entry.file_type().map_err(|e| e.to_string())?.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "golden" {
                    directories.push(path);
                }
            } else if is_source(&path) {
                let text = fs::read_to_string(root.join(&path)).map_err(|e| format!("{path}: {e}"))?;
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn is_source(path: &str) -> bool {
    // Programs that are data: what they say, and where, is their contract.
    let data = ["corpus/", "examples/", "benches/programs/", "crates/report/tests/fixtures/"];
    // A module of tests beside its own, which may import whom it tests.
    if path.ends_with("_tests.rs") {
        return false;
    }
    let known = [".rs", ".s", ".go", ".edit", ".md", ".toml", ".sh", "go/edits/groups"];
    known.iter().any(|end| path.ends_with(end)) && !data.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> (PathBuf, Found) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let found = look(&files(&root).unwrap());
        (root, found)
    }

    #[test]
    fn what_is_agreed_holds() {
        let (_, found) = tree();
        assert!(found.wrong.is_empty(), "\n{}\n", found.wrong.join("\n"));
    }

    #[test]
    #[ignore = "the list is drawn up anew when the changes that are under way are in; cargo xtask tidy says the same"]
    fn what_does_not_hold_yet_has_not_grown() {
        let (root, mut found) = tree();
        hold(&mut found, &fs::read_to_string(root.join(LIST)).unwrap(), false).unwrap();
        assert!(found.wrong.is_empty(), "\n{}\n", found.wrong.join("\n"));
    }

    #[test]
    fn the_list_only_shrinks() {
        let held = |count: usize, list: &str, lower: bool| {
            let mut found = Found::default();
            found.count_of("wide", "a.rs", count);
            let kept = hold(&mut found, list, lower).unwrap();
            (found.wrong, kept)
        };
        assert!(held(2, "wide a.rs 2\n", false).0.is_empty());
        assert!(held(3, "wide a.rs 2\n", true).0[0].contains("3, and xtask/tidy.list allows 2"));
        assert!(held(1, "wide a.rs 2\n", false).0[0].contains("--lower"));
        let (wrong, kept) = held(1, "# why\nwide a.rs 2\nwide b.rs 1\n", true);
        assert!(wrong.is_empty());
        assert_eq!(kept.as_deref(), Some("# why\nwide a.rs 1\n"));
        assert!(held(1, "", false).0[0].contains("none is allowed"));
    }
}
