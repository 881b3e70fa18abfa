//! The hooks in assembly (`go/amd64`), as the file that takes the place of the Go distribution's `runtime/race_amd64.s`.
//!
//! It is one text, put together here: its `#include`s of files of ours (the toolchain's include path has none of them),
//! the `#define`s of [`blob::definitions`], and the entry points that `race.go` declares.

use super::blob;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The files of `go/amd64`.
macro_rules! files {
    ($($name:literal)+) => {
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../go/amd64/", $name)))),+];
    };
}
files! {
    "race_amd64.s" "calls.s" "words.s" "record.s" "accesses.s" "ranges.s" "accesses_pc.s" "exported.s"
    "atomics.s" "atomic_load.s" "atomic_store.s" "atomic_swap.s" "atomic_add.s" "atomic_bits.s" "atomic_cas.s"
    "sync.s" "operation.s" "entry.s"
}

/// The file that includes all others but [`ENTRY`].
const ROOT: &str = "race_amd64.s";
/// The file of an entry point.
const ENTRY: &str = "entry.s";
/// The line of [`ROOT`] that the definitions are put behind.
const INCLUDES_END: &str = "#include \"cgo/abi_amd64.h\"\n";

/// The entry points whose form of ours is told more than Go passes, and the name by which [`ENTRY`] knows what.
const TOLD_MORE: &[(&str, &str)] = &[
    ("__tsan_acquire", "LOCATED"),
    ("__tsan_release", "LOCATED"),
    ("__tsan_release_acquire", "LOCATED"),
    ("__tsan_release_merge", "LOCATED"),
    ("__tsan_go_start", "GO_STATEMENT"),
];

/// The text of the file, with the entry points `names`, each once.
pub fn assembly<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = Text::default();
    text.file(ROOT);
    let mut text = text.0;
    let at = text.find(INCLUDES_END).expect("the hooks include Go's headers") + INCLUDES_END.len();
    let line = text[..at].lines().count() + 1;
    text.insert_str(at, &format!("\n{}#line {line} {:?}\n", blob::definitions(), path(ROOT)));
    for name in names.into_iter().collect::<BTreeSet<_>>() {
        let ours = name.strip_prefix("__tsan_").map(|rest| format!("__tsan_hb_{rest}"));
        let function = ours.as_deref().filter(|ours| blob::EXPORTS.contains_key(ours)).unwrap_or(name);
        let function = function.trim_start_matches('_');
        let mut entry = Text::default();
        entry.1.extend(TOLD_MORE.iter().filter(|(hook, _)| *hook == name).map(|(_, more)| *more));
        entry.file(ENTRY);
        let _ = write!(
            text,
            "\n#define HOOK runtime·{name}\n#define FUNCTION {function}\n{}#undef HOOK\n#undef FUNCTION\n",
            entry.0
        );
    }
    text
}

/// Text under construction, and the names that are defined there without a value: what stands between `#ifdef` and `#endif`
/// of such a name is chosen here. (Go's assembler counts macros in what it passes over, and gives up at a hundred.)
#[derive(Default)]
struct Text(String, BTreeSet<&'static str>);

impl Text {
    /// Puts a file there with those in place that it includes, each of which says where it is from. Lines that are not
    /// chosen are left empty.
    fn file(&mut self, name: &str) {
        let content = file(name).unwrap_or_else(|| panic!("go/amd64 has no {name}"));
        // Go wants the root's build constraint before any other directive.
        if name != ROOT {
            let _ = writeln!(self.0, "#line 1 {:?}", path(name));
        }
        // Whether each #if that is open is chosen, the innermost last.
        let mut chosen: Vec<bool> = Vec::new();
        for (at, line) in content.lines().enumerate() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let here = chosen.iter().all(|&chosen| chosen);
            match word {
                "#ifdef" => chosen.push(self.1.contains(rest)),
                "#ifndef" => chosen.push(!self.1.contains(rest)),
                "#else" => {
                    let last = chosen.last_mut().expect("#else without #ifdef");
                    *last = !*last;
                }
                "#endif" => {
                    chosen.pop().expect("#endif without #ifdef");
                }
                _ if !here => {}
                "#define" if !rest.contains([' ', '(']) => {
                    self.1.insert(rest);
                }
                "#undef" if self.1.remove(rest) => {}
                "#include" if file(rest.trim_matches('"')).is_some() => {
                    self.file(rest.trim_matches('"'));
                    let _ = writeln!(self.0, "#line {} {:?}", at + 2, path(name));
                    continue;
                }
                _ => self.0.push_str(line),
            }
            self.0.push('\n');
        }
        assert!(chosen.is_empty(), "go/amd64/{name}: #ifdef without #endif");
    }
}

fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}

/// The name of a file in the line tables of programs, below the directory of package `runtime`.
fn path(name: &str) -> String {
    if name == ROOT { name.to_owned() } else { format!("hb/{name}") }
}

/// The first function that `theirs`, the distribution's file, defines for others and ours does not.
pub fn missing(theirs: &str) -> Option<String> {
    let ours = defined_functions(&assembly([]));
    defined_functions(theirs).into_iter().find(|name| !ours.contains(name))
}

/// The functions that an assembly file defines for other files: those named in a `TEXT` directive, or by the `NAME` of a
/// file that is included for each of several, without those local to the file.
fn defined_functions(assembly: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let rest = line.strip_prefix("TEXT").or_else(|| line.strip_prefix("#define NAME"))?;
        let name = rest.trim_start().split(['(', '<']).next()?;
        name.contains('·').then(|| name.to_owned())
    };
    assembly.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hooks_use_only_what_the_runtime_exports() {
        let text = assembly([]);
        for line in text.lines().map(|line| line.split("//").next().unwrap_or_default()) {
            for word in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                if word.starts_with("tsan_") {
                    assert!(text.contains(&format!("#define {word} ")), "{word}");
                    // Go's assembler would drop the offset.
                    assert!(!line.trim_start().starts_with('J'), "{line}");
                }
            }
        }
    }

    #[test]
    fn the_hooks_of_a_toolchain_are_recognised() {
        let stock = "TEXT\truntime·raceread<ABIInternal>(SB), NOSPLIT, $0-8\nTEXT\tracecall<>(SB), NOSPLIT, $0\n\
                     TEXT\tsync∕atomic·LoadInt32(SB), NOSPLIT|NOFRAME, $0-12\n";
        assert_eq!(missing(stock), None);
        let newer = format!("{stock}TEXT\tsync∕atomic·FlipInt32(SB), NOSPLIT, $0\n");
        assert_eq!(missing(&newer).as_deref(), Some("sync∕atomic·FlipInt32"));
    }

    #[test]
    fn every_file_is_used_and_every_line_says_where_it_is_from() {
        let text = assembly(["__tsan_fini"]);
        for (name, content) in FILES {
            assert!(*name == ROOT || text.contains(&format!("#line 1 {:?}", path(name))), "{name} is included nowhere");
            assert!(content.starts_with("// ") && content.ends_with('\n'), "{name}");
        }
        // The line behind the definitions is the one that stands there in the file.
        let (_, behind) = text.split_once("#define tsan_acquire ").unwrap();
        let (_, behind) = behind.split_once("#line ").unwrap();
        let (line, rest) = behind.split_once(' ').unwrap();
        let root: Vec<_> = file(ROOT).unwrap().lines().collect();
        assert_eq!(rest.lines().nth(1), Some(root[line.parse::<usize>().unwrap() - 1]));
    }
}
