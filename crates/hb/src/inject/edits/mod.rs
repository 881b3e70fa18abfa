//! The edits to files of the Go distribution.
//!
//! Each edit names a piece of text that must occur in the user's file. Those of [`runtime`] are what the fast delivery needs: where one
//! does not fit, the toolchain is not one that we know, and gets no edit but those of [`ENDING`]
//! (see [`super::Delivery::Plain`]). The others
//! come in groups ([`GROUPS`]) which make the order that hooks draw that of the memory model, or cheaper. A group whose texts do not
//! all fit is left out as a whole: the files then do what they do in any race build. So these texts are what decides whether
//! a toolchain is known, not its version.

mod channels;
mod collector;
mod ending;
mod files;
mod handoff;
mod memory;
mod pool;
mod runtime;
pub mod stacks;
mod sync;
mod timers;

pub use ending::{ENDING, ENTRY_POINTS as ENDING_ENTRY_POINTS, PLAIN_FILES};
pub use stacks::STACKS;
use std::collections::BTreeMap;
use std::fmt;

/// One edit.
pub struct Edit {
    /// A short name, for messages.
    pub name: &'static str,
    /// The file, below `GOROOT/src`.
    pub file: &'static str,
    /// What is done.
    pub change: Change,
}

/// What an edit does.
pub enum Change {
    /// Puts `with` in the place of `text`, which occurs exactly once.
    Replace {
        /// The text that must be there.
        text: &'static str,
        /// What replaces it.
        with: &'static str,
    },
    /// Puts `with` in the place of each `text`, of which there are `times`.
    Each {
        /// The text that must be there.
        text: &'static str,
        /// How often.
        times: usize,
        /// What replaces it.
        with: &'static str,
    },
    /// Does nothing where each occurrence of `prefix` is followed by one of `known`. So that a newer file which uses more of a package
    /// than we give it is found out here and not by the compiler.
    Only {
        /// The name of a package, with the dot.
        prefix: &'static str,
        /// What of it is used.
        known: &'static [&'static str],
    },
    /// Declares the runtime's entry points as functions of package `runtime` in place of C symbols:
    /// see [`runtime::declare_entry_points`].
    EntryPoints,
}

/// Edits that are made together or not at all, and the files that they need.
pub struct Group {
    /// A short name, for messages.
    pub name: &'static str,
    /// What is different without them, for `hb doctor`.
    pub without: &'static str,
    /// The edits, in the order in which they are made.
    pub edits: &'static [Edit],
    /// New files: names below `GOROOT/src`, and contents.
    pub files: &'static [(&'static str, &'static str)],
}

/// The optional groups, in the order in which they are made.
pub const GROUPS: &[&Group] = &[
    &sync::LOCKS,
    &sync::COND,
    &timers::TIMERS,
    &channels::SLOTS,
    &handoff::HANDOFF,
    &files::FILES,
    &pool::POOL,
    &memory::SCAVENGED,
    &STACKS,
    &collector::COLLECTOR,
    &ENDING,
];

/// Why a file could not be edited.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The edit's name.
    pub edit: &'static str,
    /// The file, below `GOROOT/src`.
    pub file: &'static str,
    /// What is different from what we know.
    pub what: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (edit {})", self.file, self.what, self.edit)
    }
}

/// Files after all their edits.
#[derive(Default)]
pub struct Edited {
    /// Names below `GOROOT/src`, and texts.
    pub files: BTreeMap<&'static str, String>,
    /// The entry points that `runtime/race.go` declares and that assembly has to define.
    pub entry_points: Vec<String>,
    /// Groups that were left out, and why.
    pub left_out: Vec<(&'static Group, Mismatch)>,
}

/// Makes all edits to a distribution's files. `read` gives a file's text, `exported` tells whether our runtime has a function of a given
/// name. Fails with the first mismatch of an edit that is needed, or with `read`'s error for such a file.
pub fn apply<E>(
    read: impl Fn(&'static str) -> Result<String, E>,
    exported: impl Fn(&str) -> bool,
) -> Result<Result<Edited, Mismatch>, E> {
    let mut edited = Edited::default();
    match edit_all(runtime::EDITS, &edited.files, &|file| read(file).map(Ok), &exported)? {
        Ok((files, entry_points)) => {
            edited.files.extend(files);
            edited.entry_points = entry_points;
        }
        Err(mismatch) => return Ok(Err(mismatch)),
    }
    for group in GROUPS {
        // A file that is not there is one that does not fit.
        let read = |file| Ok(read(file).map_err(|_| "the file cannot be read".to_owned()));
        match edit_all(group.edits, &edited.files, &read, &exported)? {
            Ok((files, _)) => {
                edited.files.extend(files);
                edited.files.extend(group.files.iter().map(|&(name, text)| (name, text.to_owned())));
            }
            Err(mismatch) => edited.left_out.push((group, mismatch)),
        }
    }
    Ok(Ok(edited))
}

/// The files that `group` changes, if that alone is made.
pub fn alone(
    group: &'static Group,
    read: impl Fn(&'static str) -> Result<String, String>,
) -> Result<BTreeMap<&'static str, String>, Mismatch> {
    let read = |file| Ok::<_, std::convert::Infallible>(read(file));
    match edit_all(group.edits, &Files::new(), &read, &|_| false) {
        Ok(result) => result.map(|(files, _)| files),
        Err(never) => match never {},
    }
}

/// Every edit, needed or not.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Edit> {
    runtime::EDITS.iter().chain(GROUPS.iter().flat_map(|group| group.edits))
}

type Files = BTreeMap<&'static str, String>;

/// The files that `edits` change, edited, and the entry points declared there. Where an earlier edit is in `before`, it is the base.
fn edit_all<E>(
    edits: &'static [Edit],
    before: &Files,
    read: &impl Fn(&'static str) -> Result<Result<String, String>, E>,
    exported: &impl Fn(&str) -> bool,
) -> Result<Result<(Files, Vec<String>), Mismatch>, E> {
    let (mut files, mut entry_points) = (Files::new(), Vec::new());
    for &Edit { name, file, ref change } in edits {
        let mismatch = |what| Mismatch { edit: name, file, what };
        let text = match files.remove(file).or_else(|| before.get(file).cloned()) {
            Some(text) => text,
            None => match read(file)? {
                Ok(text) => text,
                Err(what) => return Ok(Err(mismatch(what))),
            },
        };
        let result = match *change {
            Change::Replace { text: old, with } => replace(&text, old, 1, with),
            Change::Each { text: old, times, with } => replace(&text, old, times, with),
            Change::Only { prefix, known } => only(&text, prefix, known).map(|()| text),
            Change::EntryPoints => runtime::declare_entry_points(&text, exported).map(|(text, names)| {
                entry_points = names;
                text
            }),
        };
        match result {
            Ok(text) => files.insert(file, text),
            Err(what) => return Ok(Err(mismatch(what))),
        };
    }
    Ok(Ok((files, entry_points)))
}

fn replace(source: &str, text: &str, times: usize, with: &str) -> Result<String, String> {
    match source.matches(text).count() {
        count if count == times => Ok(source.replace(text, with)),
        count => Err(format!("{count} places read {:?}, expected {times}", text.trim())),
    }
}

fn only(source: &str, prefix: &str, known: &[&str]) -> Result<(), String> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    for (line, (at, _)) in code.flat_map(|line| line.match_indices(prefix).map(move |found| (line, found))) {
        // Not a part of a longer name.
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &line[at + prefix.len()..];
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if !known.contains(&name) {
            return Err(format!("{prefix}{name} is used"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_absent_or_ambiguous_is_refused() {
        assert!(replace("a b a", "a", 1, "c").is_err());
        assert!(replace("a b a", "d", 1, "c").is_err());
        assert_eq!(replace("a b a", "b", 1, "c").unwrap(), "a c a");
        assert_eq!(replace("a b a", "a", 2, "c").unwrap(), "c b c");
    }

    #[test]
    fn more_of_a_package_than_is_known_is_refused() {
        assert!(only("x.A() // x.C\nmax.C(x.B)", "x.", &["A", "B"]).is_ok());
        assert_eq!(only("x.A() + x.C()", "x.", &["A"]).unwrap_err(), "x.C is used");
    }

    /// Each file once as it is, once with one edit's text gone.
    #[test]
    fn a_group_is_left_out_as_a_whole() {
        let whole = super::super::tests::sources();
        let apply_to = |sources: &BTreeMap<&str, String>| {
            apply::<()>(|file| sources.get(file).cloned().ok_or(()), |_| true).unwrap().unwrap()
        };
        assert!(apply_to(&whole).left_out.is_empty());
        for group in GROUPS {
            for edit in group.edits {
                let mut damaged = whole.clone();
                let file = damaged.get_mut(edit.file).unwrap();
                *file = match edit.change {
                    Change::Replace { text, .. } | Change::Each { text, .. } => file.replace(text, ""),
                    Change::Only { prefix, .. } => format!("{file} {prefix}Unheardof"),
                    Change::EntryPoints => unreachable!("not in a group"),
                };
                let edited = apply_to(&damaged);
                assert!(edited.left_out.iter().any(|(out, _)| out.name == group.name), "{}", edit.name);
                assert!(group.files.iter().all(|(name, _)| !edited.files.contains_key(name)));
            }
        }
    }
}
