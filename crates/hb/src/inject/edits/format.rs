//! The files of `go/edits`: see the README there for how they are written.

use super::{Change, Edit, Group};
use std::fmt;

/// Every file of `go/edits` that belongs to a group: its path there, and its text.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/edits.rs"));

/// The groups: `go/edits/groups`.
const GROUPS: &str = include_str!("../../../../../go/edits/groups");

/// What is wrong with a file of `go/edits`, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go/edits/{}:{}: {}", self.file, self.line, self.what)
    }
}

/// All groups, in the order in which they are made.
pub fn groups() -> Result<Vec<&'static Group>, Wrong> {
    let mut groups = Vec::new();
    for (at, line) in GROUPS.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let wrong = |what: &str| Wrong { file: "groups".to_owned(), line: at + 1, what: what.to_owned() };
        let (name, without) = line.split_once(": ").ok_or_else(|| wrong("not `name: what is different without it`"))?;
        let (mut of_group, mut added) = (Vec::new(), Vec::new());
        for (path, text) in FILES {
            let Some(file) = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('/')) else { continue };
            match file.strip_suffix(".edit") {
                Some(file) => of_group.extend(edits(path, file, text)?),
                None => added.push((file, *text)),
            }
        }
        if of_group.is_empty() && added.is_empty() {
            return Err(wrong("there is no directory of that name with files in it"));
        }
        // Read once, and used as long as hb runs.
        let (edits, files) = (of_group.leak(), added.leak());
        groups.push(&*Box::leak(Box::new(Group { name, without, edits, files })));
    }
    for (path, _) in FILES {
        let name = path.split('/').next().unwrap_or_default();
        if !groups.iter().any(|group| group.name == name) {
            return Err(Wrong { file: (*path).to_owned(), line: 1, what: format!("{name} is not named in groups") });
        }
    }
    Ok(groups)
}

/// The edits of a file at `path`, which are made to `file`.
fn edits(path: &str, file: &'static str, text: &'static str) -> Result<Vec<Edit>, Wrong> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let wrong = |what: &str| Wrong { file: path.to_owned(), line: at + 1, what: what.to_owned() };
        let Some(directive) = line.strip_prefix("//hb:") else {
            if !line.is_empty() && !line.starts_with("//") {
                return Err(wrong("outside of a block there are comments only"));
            }
            continue;
        };
        let mut until = |end: &str| {
            let mut block = Vec::new();
            for (_, line) in lines.by_ref() {
                if line == end {
                    return Ok(block);
                }
                if line.starts_with("//hb:") {
                    break;
                }
                block.push(line);
            }
            Err(wrong(&format!("{end} is missing")))
        };
        let mut words = directive.split_whitespace();
        let (kind, name) = (words.next(), words.next().ok_or_else(|| wrong("the edit has no name"))?);
        let change = match kind {
            Some("replace") => {
                let (mut times, mut within) = (1, false);
                for word in words {
                    match word.strip_prefix('x').and_then(|count| count.parse().ok()) {
                        Some(count) => times = count,
                        None if word == "within" => within = true,
                        None => return Err(wrong("behind the name: xN (how often) and within (a part of its lines)")),
                    }
                }
                let text = until("//hb:with")?;
                let mut with = until("//hb:end")?;
                if text.iter().all(|line| line.trim().is_empty()) {
                    return Err(wrong("the text is empty"));
                }
                if with.len() > text.len() {
                    return Err(wrong("there are more lines than before: the lines behind would get other numbers"));
                }
                // Lines that go leave empty ones behind.
                with.resize(text.len(), "");
                let (text, with) = (&*text.join("\n").leak(), &*with.join("\n").leak());
                match within {
                    true => Change::Each { text, times, with },
                    false => Change::Lines { text, times, with },
                }
            }
            Some("bodies") => {
                let (prefix, with) = (until("//hb:with")?, until("//hb:end")?);
                let ([prefix], [with]) = (&prefix[..], &with[..]) else {
                    return Err(wrong("both parts are one line: how such a function begins, and its body"));
                };
                Change::Bodies { prefix, with }
            }
            Some("only") => {
                let prefix = words.next().filter(|prefix| prefix.ends_with('.'));
                let prefix = prefix.ok_or_else(|| wrong("behind the name: a package, with the dot"))?;
                Change::Only { prefix, known: words.collect::<Vec<_>>().leak() }
            }
            Some("entry-points") => Change::EntryPoints,
            _ => return Err(wrong("not one of //hb:replace, //hb:bodies, //hb:only, //hb:entry-points")),
        };
        edits.push(Edit { name, file, change });
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &'static str) -> Change {
        edits("g/a.go.edit", "a.go", text).unwrap().remove(0).change
    }

    fn wrong(text: &'static str) -> String {
        edits("g/a.go.edit", "a.go", text).unwrap_err().to_string()
    }

    #[test]
    fn a_block_keeps_the_number_of_lines() {
        let text = "// Why.\n//hb:replace x x2 within\na\n\tb\n//hb:with\nc\n//hb:end\n";
        assert_eq!(change(text), Change::Each { text: "a\n\tb", times: 2, with: "c\n" });
        assert!(
            wrong("//hb:replace x\na\n//hb:with\nb\nc\n//hb:end\n").contains("g/a.go.edit:1: there are more lines")
        );
        assert_eq!(
            change("//hb:bodies x\nfunc (x *T) \n//hb:with\nf(); \n//hb:end\n"),
            Change::Bodies { prefix: "func (x *T) ", with: "f(); " }
        );
        assert_eq!(change("//hb:only y race. A B\n"), Change::Only { prefix: "race.", known: &["A", "B"] });
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert!(wrong("// a\nfunc f() {}\n").contains("g/a.go.edit:2: outside of a block"));
        assert!(wrong("//hb:replace\n").contains("no name"));
        assert!(wrong("//hb:replace x\na\n//hb:end\n").contains("//hb:with is missing"));
        assert!(wrong("//hb:replace x\na\n//hb:with\nb\n").contains("//hb:end is missing"));
        assert!(wrong("//hb:replace x\n\n//hb:with\nb\n//hb:end\n").contains("the text is empty"));
        assert!(wrong("//hb:replace x everywhere\n").contains("xN"));
        assert!(wrong("//hb:only x race A\n").contains("with the dot"));
        assert!(wrong("//hb:delete x\n").contains("not one of"));
    }

    #[test]
    fn the_groups_are_well_formed_and_their_names_are_their_own() {
        let groups = groups().unwrap_or_else(|wrong| panic!("{wrong}"));
        let mut names: Vec<_> =
            groups.iter().flat_map(|group| group.edits).map(|edit| (edit.file, edit.name)).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "two edits of a file have one name");
        assert_eq!(groups[0].name, "required");
    }
}
