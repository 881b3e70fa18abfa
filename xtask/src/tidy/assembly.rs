//! The assembly of the hooks (`go/amd64`): every name that is defined is used, numbers that Rust states stand in Rust alone,
//! macros have no labels, and the table of runtime functions in `go/README.md` is whole.

use std::collections::BTreeSet;

use super::{File, Found};

/// What reads numbers that Rust states, too.
const INSPECT: &str = "xtask/src/inspect.rs";

/// Checks the files of `go/amd64`.
pub fn check(files: &[File], found: &mut Found) {
    let ours: Vec<&File> = files.iter().filter(|file| file.path.starts_with("go/amd64/")).collect();
    let used: BTreeSet<&str> =
        ours.iter().flat_map(|file| code_lines(file)).flat_map(|line| names(body(line))).collect();
    for file in &ours {
        for name in defines(&file.text).filter(|name| !used.contains(name)) {
            found.wrong(&file.path, &format!("{name} is defined and not used"));
        }
        for (at, line) in numbers(file) {
            found.wrong(
                &format!("{}:{at}", file.path),
                &format!("the number in {line:?} belongs beside its Rust type (for_assembly!)"),
            );
        }
        for (name, what) in macros(&file.text).filter_map(|(name, text)| Some((name, hidden(text)?))) {
            found.wrong(&file.path, &format!("the macro {name} {what}"));
        }
    }
    let inspected = files.iter().find(|file| file.path == INSPECT).map_or("", |file| file.text.as_str());
    let is_used = |name: &str| used.contains(name) || inspected.contains(&format!("\"{name}\""));
    for (place, name) in stated(files).filter(|(_, name)| !is_used(name)) {
        found.wrong(place, &format!("{name} is stated for the assembly and not used there"));
    }
    if let Some(table) = files.iter().find(|file| file.path == "go/README.md") {
        for name in used.iter().filter(|name| name.starts_with("tsan_")) {
            if !table.text.contains(&format!("`__{name}`")) {
                found.wrong("go/README.md", &format!("the table of runtime functions has no `__{name}`"));
            }
        }
    }
}

/// How many numbers stand in assembly that Rust states, too: hand-written `#define`s of numbers that are not the
/// assembly's own.
pub fn hand_written(files: &[File]) -> usize {
    let names: BTreeSet<&str> = stated(files).map(|(_, name)| name).collect();
    let assembly = files.iter().filter(|file| file.path.ends_with(".s") && file.path.starts_with("go/"));
    assembly
        .flat_map(|file| file.text.lines())
        .filter(|line| {
            let Some((name, value)) = line.strip_prefix("#define ").and_then(|rest| rest.split_once(' ')) else {
                return false;
            };
            let value = value.trim_start_matches('$');
            value.starts_with(|c: char| c.is_ascii_digit()) && (names.is_empty() || names.contains(name))
        })
        .count()
}

/// How many macros have labels of their own.
pub fn macros_with_labels(files: &[File]) -> usize {
    let assembly = files.iter().filter(|file| file.path.ends_with(".s") && file.path.starts_with("go/"));
    assembly
        .flat_map(|file| macros(&file.text))
        .filter(|(_, text)| text.lines().any(|line| label(line).is_some()))
        .count()
}

/// Names that Rust states for the assembly, and where.
fn stated(files: &[File]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(|file| {
        let listed = file.text.split("for_assembly! {").skip(1).flat_map(|rest| {
            let block = rest.split("\n}").next().unwrap_or_default();
            block.lines().filter_map(|line| line.trim().split_once(" = ").map(|(name, _)| name))
        });
        let constants = file.text.split("FOR_ASSEMBLY: Constants = &[").skip(1).flat_map(|rest| {
            let block = rest.split("\n];").next().unwrap_or_default();
            block.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split_once('"').map(|(name, _)| name))
        });
        let upper = |name: &&str| name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        listed.chain(constants).filter(upper).map(|name| (file.path.as_str(), name))
    })
}

fn code_lines(file: &File) -> impl Iterator<Item = &str> {
    file.text.lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// A line without the name that it defines or takes back.
fn body(line: &str) -> &str {
    let defined = line.strip_prefix("#define ").or_else(|| line.strip_prefix("#undef "));
    defined.map_or(line, |rest| rest.find([' ', '(']).map_or("", |at| &rest[at..]))
}

fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '·' && c != '∕').filter(|word| !word.is_empty())
}

fn defines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("#define ")?.split([' ', '(']).next())
}

/// Lines with a number that is neither small nor the assembly's own.
fn numbers(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let large = |line: &str| {
        names(line).any(|word| {
            let value = match word.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => word.parse(),
            };
            value.is_ok_and(|value| value > LARGEST)
        })
    };
    file.text
        .lines()
        .zip(code_lines(file))
        .enumerate()
        .filter(move |(_, (_, code))| large(code))
        .map(|(at, (line, _))| (at + 1, line))
}

/// The largest number that may stand in the assembly: shuffles of the vector unit go up to it.
const LARGEST: u64 = 0xff;

/// The macros of a file: names, and their whole text.
fn macros(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("#define ").filter_map(move |(at, _)| {
        let rest = &text[at..];
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            end += line.len();
            if !line.trim_end().ends_with('\\') {
                break;
            }
        }
        let (name, whole) = (rest["#define ".len()..].split([' ', '(']).next()?, &rest[..end]);
        whole.contains('\\').then_some((name, whole))
    })
}

/// The label that a line of a macro defines.
fn label(line: &str) -> Option<&str> {
    let line = line.trim().trim_end_matches('\\').trim_end().trim_end_matches(';');
    let name = line.strip_suffix(':')?;
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_').then_some(name)
}

/// What is hidden in a macro: a label, or a jump to one that is not an argument.
fn hidden(text: &str) -> Option<String> {
    let first = text.lines().next()?;
    let arguments: Vec<&str> = first
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(arguments, _)| arguments.split(',').map(str::trim).collect())
        .unwrap_or_default();
    for line in text.lines().skip(1) {
        if let Some(label) = label(line) {
            return Some(format!("has the label {label}"));
        }
        let mut words = line.split_whitespace();
        let (Some(instruction), Some(target)) = (words.next(), words.next()) else { continue };
        let target = target.trim_end_matches(['\\', ';']);
        if instruction.starts_with('J') && !arguments.contains(&target) {
            return Some(format!("jumps to {target}, which is not one of its arguments"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> =
            files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect();
        let mut found = Found::default();
        check(&files, &mut found);
        found.wrong
    }

    #[test]
    fn macros_hide_nothing() {
        let good = "#define GO(here) \\\n\tCMPQ\tAX, BX; \\\n\tJEQ\there\nGO(x)\nx:\n";
        assert!(wrong(&[("go/amd64/a.s", good)]).is_empty());
        let jump = good.replace("JEQ\there", "JEQ\tthere");
        assert!(wrong(&[("go/amd64/a.s", &jump)])[0].contains("GO jumps to there"));
        let label = good.replace("JEQ\there", "there: \\\n\tRET");
        assert!(wrong(&[("go/amd64/a.s", &label)])[0].contains("GO has the label there"));
    }

    #[test]
    fn names_are_used_and_numbers_are_stated_in_rust() {
        assert!(
            wrong(&[("go/amd64/a.s", "#define UNUSED 1\n#undef UNUSED\n")])[0]
                .contains("UNUSED is defined and not used")
        );
        assert!(wrong(&[("go/amd64/a.s", "\tMOVQ\t$0x1234, AX // no\n")])[0].contains("belongs beside its Rust type"));
        assert!(wrong(&[("go/amd64/a.s", "\tMOVQ\t$7, AX // 0x1234\n")]).is_empty());
        let rust = "for_assembly! {\n    /// What.\n    FIELD = 4;\n}\n";
        assert!(wrong(&[("a.rs", rust)])[0].contains("FIELD is stated"));
        assert!(wrong(&[("a.rs", rust), ("go/amd64/a.s", "\tMOVQ\tFIELD(AX), BX\n")]).is_empty());
    }

    #[test]
    fn the_table_names_every_function() {
        let hook = ("go/amd64/a.s", "\tLEAQ\ttsan_hb_x, R11\n");
        assert!(wrong(&[hook, ("go/README.md", "")])[0].contains("no `__tsan_hb_x`"));
        assert!(wrong(&[hook, ("go/README.md", "| `__tsan_hb_x` |")]).is_empty());
    }
}
