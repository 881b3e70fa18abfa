//! The edits to files of the Go distribution.
//!
//! What is edited is written in `go/edits` ([`mod@format`]): pieces of text that must occur in the user's file, and what replaces them. (Some
//! groups are still constants here.) Those of the group `required` are what the fast delivery needs: where one
//! does not fit, the toolchain is not one that we know, and gets no edit but those of [`ENDING`] (see [`super::Delivery::Plain`]). The others
//! come in groups ([`GROUPS`]) which make the order that hooks draw that of the memory model, or cheaper. A group whose texts do not
//! all fit is left out as a whole: the files then do what they do in any race build. So these texts are what decides whether
//! a toolchain is known, not its version. An edit in a file changes the number of no line.

mod ending;
mod entry_points;
mod files;
mod format;
#[cfg(test)]
mod golden;
pub mod stacks;

pub use ending::{ENDING, ENTRY_POINTS as ENDING_ENTRY_POINTS, PLAIN_FILES};
pub use stacks::STACKS;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// One edit.
#[derive(Debug)]
pub struct Edit {
    /// A short name, for messages.
    pub name: &'static str,
    /// The file, below `GOROOT/src`.
    pub file: &'static str,
    /// What is done.
    pub change: Change,
}

/// What an edit does.
#[derive(Debug, PartialEq, Eq)]
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
    /// Puts `with` in the place of each `text`, of which there are `times`, and which are whole lines.
    Lines {
        /// The text that must be there, without the end of its last line.
        text: &'static str,
        /// How often.
        times: usize,
        /// What replaces it.
        with: &'static str,
    },
    /// Puts `with` at the beginning of the body of each function whose first line begins with `prefix`, of which there must
    /// be some.
    Bodies {
        /// How the first line of such a function begins.
        prefix: &'static str,
        /// What its body begins with then.
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
    /// see [`entry_points::declare`].
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

/// The group without which nothing is edited.
const REQUIRED: &str = "required";

/// The groups that are constants, which are made behind those of `go/edits`.
const CONSTANTS: &[&Group] = &[&files::FILES, &STACKS, &ENDING];

/// The groups, in the order in which they are made; the required one first.
pub static GROUPS: LazyLock<Vec<&'static Group>> = LazyLock::new(|| {
    let written = format::groups().unwrap_or_else(|wrong| panic!("{wrong}"));
    written.into_iter().chain(CONSTANTS.iter().copied()).collect()
});

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
    for &group in GROUPS.iter() {
        let mut error = None;
        let read = |file| read(file).map_err(|e| error = Some(e)).map_err(|()| "the file cannot be read".to_owned());
        match edit_all(group.edits, &edited.files, read, &exported) {
            Ok(files) => {
                edited.files.extend(files);
                edited.files.extend(group.files.iter().map(|&(name, text)| (name, text.to_owned())));
            }
            Err(mismatch) if group.name == REQUIRED => return error.map_or(Ok(Err(mismatch)), Err),
            // A file that is not there is one that does not fit.
            Err(mismatch) => edited.left_out.push((group, mismatch)),
        }
    }
    edited.entry_points =
        edited.files.values().flat_map(|text| entry_points::declared(text)).map(str::to_owned).collect();
    Ok(Ok(edited))
}

/// The files that `group` changes, if that alone is made.
pub fn alone(
    group: &'static Group,
    read: impl FnMut(&'static str) -> Result<String, String>,
) -> Result<Files, Mismatch> {
    edit_all(group.edits, &Files::new(), read, &|_| false)
}

type Files = BTreeMap<&'static str, String>;

/// The files that `edits` change, edited. Where an earlier edit is in `before`, it is the base.
fn edit_all(
    edits: &'static [Edit],
    before: &Files,
    mut read: impl FnMut(&'static str) -> Result<String, String>,
    exported: &impl Fn(&str) -> bool,
) -> Result<Files, Mismatch> {
    let mut files = Files::new();
    for &Edit { name, file, ref change } in edits {
        let mismatch = |what| Mismatch { edit: name, file, what };
        let text = match files.remove(file).or_else(|| before.get(file).cloned()) {
            Some(text) => text,
            None => read(file).map_err(mismatch)?,
        };
        let result = match *change {
            Change::Replace { text: old, with } => replace(&text, old, 1, true, with),
            Change::Each { text: old, times, with } => replace(&text, old, times, true, with),
            Change::Lines { text: old, times, with } => replace(&text, old, times, false, with),
            Change::Bodies { prefix, with } => bodies(&text, prefix, with),
            Change::Only { prefix, known } => only(&text, prefix, known).map(|()| text),
            Change::EntryPoints => entry_points::declare(&text, exported),
        };
        files.insert(file, result.map_err(mismatch)?);
    }
    Ok(files)
}

/// Where `source` has `text`: as whole lines, or as parts `within` lines.
fn places<'a>(source: &'a str, text: &'a str, within: bool) -> impl Iterator<Item = usize> + 'a {
    let is_whole = move |at: usize| {
        (at == 0 || source[..at].ends_with('\n'))
            && matches!(source.as_bytes().get(at + text.len()), None | Some(b'\n'))
    };
    source.match_indices(text).map(|(at, _)| at).filter(move |&at| within || is_whole(at))
}

/// `source` with `with` in each place of `text`, of which there are `times`.
fn replace(source: &str, text: &str, times: usize, within: bool, with: &str) -> Result<String, String> {
    let mut result = String::with_capacity(source.len() + times * with.len());
    let (mut count, mut from) = (0, 0);
    for at in places(source, text, within) {
        result.push_str(&source[from..at]);
        result.push_str(with);
        from = at + text.len();
        count += 1;
    }
    if count != times {
        return Err(format!("{count} places read {:?}, expected {times}", text.trim()));
    }
    result.push_str(&source[from..]);
    Ok(result)
}

/// `source` with `with` at the beginning of the body of each function whose first line begins with `prefix`.
fn bodies(source: &str, prefix: &str, with: &str) -> Result<String, String> {
    let mut count = 0;
    let lines = source.split_inclusive('\n').map(|line| match line.split_once(" {") {
        Some((signature, body)) if line.starts_with(prefix) => {
            count += 1;
            format!("{signature} {{ {with}{}", body.trim_start_matches(' '))
        }
        _ => line.to_owned(),
    });
    let text = lines.collect();
    if count == 0 { Err(format!("no function begins with {prefix:?}")) } else { Ok(text) }
}

/// That of a package only what is `known` is used.
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
pub mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_absent_or_ambiguous_is_refused() {
        assert!(replace("a b a", "a", 1, true, "c").is_err());
        assert!(replace("a b a", "d", 1, true, "c").is_err());
        assert_eq!(replace("a b a", "b", 1, true, "c").unwrap(), "a c a");
        assert_eq!(replace("a b a", "a", 2, true, "c").unwrap(), "c b c");
    }

    #[test]
    fn bodies_begin_with_what_is_put_there() {
        let source = "func (x *T) A() { return }\nfunc (x *T) B() int {\n\treturn 1\n}\nfunc C() {}\n";
        let edited = bodies(source, "func (x *T) ", "f(); ").unwrap();
        assert_eq!(
            edited,
            "func (x *T) A() { f(); return }\nfunc (x *T) B() int { f(); \n\treturn 1\n}\nfunc C() {}\n"
        );
        assert!(bodies(source, "func (y *T) ", "f(); ").is_err());
    }

    #[test]
    fn whole_lines_are_no_parts_of_lines() {
        assert_eq!(replace("a\nab\nba\na", "a", 2, false, "c").unwrap(), "c\nab\nba\nc");
        assert_eq!(replace("x\na\nb\ny", "a\nb", 1, false, "c\n").unwrap(), "x\nc\n\ny");
        assert!(replace("ab", "a", 1, false, "c").is_err());
    }

    #[test]
    fn more_of_a_package_than_is_known_is_refused() {
        assert!(only("x.A() // x.C\nmax.C(x.B)", "x.", &["A", "B"]).is_ok());
        assert_eq!(only("x.A() + x.C()", "x.", &["A"]).unwrap_err(), "x.C is used");
    }

    pub fn apply_to(sources: &Files) -> Edited {
        apply::<()>(|file| sources.get(file).cloned().ok_or(()), |_| true).unwrap().unwrap()
    }

    /// Each text once as it is, and once gone.
    pub fn check_that_groups_are_left_out_as_a_whole(whole: &Files) {
        assert!(apply_to(whole).left_out.is_empty());
        for group in GROUPS.iter().filter(|group| group.name != REQUIRED) {
            for edit in group.edits {
                let mut damaged = whole.clone();
                let file = damaged.get_mut(edit.file).unwrap();
                *file = match edit.change {
                    Change::Replace { text, .. } | Change::Each { text, .. } | Change::Lines { text, .. } => {
                        // What only an earlier edit has put there.
                        if !file.contains(text) {
                            continue;
                        }
                        file.replace(text, "")
                    }
                    Change::Bodies { prefix, .. } => file.replace(prefix, ""),
                    Change::Only { prefix, .. } => format!("{file}\n{prefix}Unheardof"),
                    Change::EntryPoints => unreachable!("not in a group"),
                };
                let edited = apply_to(&damaged);
                assert!(edited.left_out.iter().any(|(out, _)| out.name == group.name), "{}", edit.name);
                assert!(group.files.iter().all(|(name, _)| !edited.files.contains_key(name)), "{}", edit.name);
            }
        }
    }

    /// The files that are edited, with the texts that the edits look for and nothing else.
    pub fn sources() -> Files {
        // Each file as it is, and after the edits so far: an earlier edit may take texts away that a later one counts.
        let mut files: BTreeMap<&str, (String, String)> = BTreeMap::new();
        for edit in GROUPS.iter().flat_map(|group| group.edits) {
            let (source, edited) = files.entry(edit.file).or_default();
            let (text, times, within, with) = match edit.change {
                Change::Replace { text, with } => (text, 1, true, with),
                Change::Each { text, times, with } => (text, times, true, with),
                Change::Lines { text, times, with } => (text, times, false, with),
                Change::Bodies { prefix, .. } => {
                    source.push_str(&format!("{prefix}F() {{ return }}\n"));
                    continue;
                }
                Change::Only { .. } => continue,
                Change::EntryPoints => {
                    source.push_str("//go:linkname __tsan_fini __tsan_fini\nvar __tsan_fini byte\n");
                    continue;
                }
            };
            for _ in places(edited, text, within).count()..times {
                source.push_str(&format!("{text}\n"));
                edited.push_str(&format!("{text}\n"));
            }
            *edited = replace(edited, text, times, within, with).unwrap();
        }
        files.into_iter().map(|(name, (source, _))| (name, source)).collect()
    }

    #[test]
    fn a_group_is_left_out_as_a_whole() {
        check_that_groups_are_left_out_as_a_whole(&sources());
    }
}
