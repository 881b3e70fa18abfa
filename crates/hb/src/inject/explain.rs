//! What makes reports tell more: edits and files of the Go distribution beside those that detection needs.
//!
//! None of these changes what is found. So where a file is not one that we know, it is left as it is, and reports say less.

use std::collections::BTreeMap;

/// Our part of package `runtime`.
const RUNTIME: &str = include_str!("../../../../go/runtime_explain.go");
const RUNTIME_NONE: &str = include_str!("../../../../go/runtime_explain_none.go");
/// Its part about blocks of the heap.
const RUNTIME_BLOCKS: &str = include_str!("../../../../go/runtime_blocks.go");
/// Our part of package `testing`.
const TESTING: &str = include_str!("../../../../go/testing_explain.go");
const TESTING_NONE: &str = include_str!("../../../../go/testing_explain_none.go");

/// Exported functions that [`RUNTIME`] calls and assembly has to define.
pub const ENTRY_POINTS: &[&str] = &["__tsan_hb_test", "__tsan_hb_begin", "__tsan_hb_alloc"];

/// A text that occurs exactly once in a file, and what is put before and behind it (on its line, so that no other line gets another number).
struct Insertion {
    file: &'static str,
    before: &'static str,
    text: &'static str,
    with: &'static str,
}

/// A test's, benchmark's or fuzz target's goroutine says which it is before anything else, so that all goroutines it starts are known as
/// its own.
const NAMES: &[Insertion] = &[
    Insertion {
        file: "testing/testing.go",
        before: "",
        text: "\nfunc tRunner(t *T, fn func(t *T)) {",
        with: " hbTest(t.name)",
    },
    Insertion {
        file: "testing/benchmark.go",
        before: "",
        text: "\nfunc (b *B) runN(n int) {",
        with: " hbTest(b.name)",
    },
    Insertion {
        file: "testing/fuzz.go",
        before: "",
        text: "\nfunc fRunner(f *F, fn func(*F)) {",
        with: " hbTest(f.name)",
    },
];

/// What is said of the heap's blocks, all of it or nothing: that somebody wants to know, of what type each is and who made it, and how much a
/// channel holds. The texts are those of files as edited by `edits`.
const BLOCKS: &[Insertion] = &[
    Insertion {
        file: "runtime/race.go",
        before: "",
        text: "abi.FuncPCABI0(racecallbackthunk), uintptr(unsafe.Pointer(argv)))",
        with: "; hbbegin()",
    },
    Insertion {
        file: "runtime/race.go",
        before: "",
        text: "\tcase raceSymbolizeDataCmd:\n\t\traceSymbolizeData((*symbolizeDataContext)(ctx))",
        with: "; case hbTypeCmd: hbdescribe((*hbtype)(ctx))",
    },
    Insertion {
        file: "runtime/malloc.go",
        before: "if hbexplains { hballoc(x, size-asanRZ, typ) } else { ",
        text: "racemalloc(x, size-asanRZ)",
        with: " }",
    },
    Insertion {
        file: "runtime/chan.go",
        before: "",
        text: "\n\tc.dataqsiz = uint(size)",
        with: "; if hbexplains { hbchan(c, size) }",
    },
];

/// A goroutine that is parked synchronises through the one that wakes it: the hook is told its frame and its stack. (These texts are those of the
/// file as edited by `edits`.)
const PARKED: &[(&str, &str)] = &[
    (
        "__tsan_acquire))), gp.racectx, uintptr(addr), 0, 0)",
        "__tsan_acquire))), gp.racectx, uintptr(addr), gp.sched.bp, uintptr(unsafe.Pointer(&gp.stack)))",
    ),
    (
        "__tsan_release))), gp.racectx, uintptr(addr), 0, 0)",
        "__tsan_release))), gp.racectx, uintptr(addr), gp.sched.bp, uintptr(unsafe.Pointer(&gp.stack)))",
    ),
    (
        "__tsan_release_acquire))), gp.racectx, uintptr(addr), 0, 0)",
        "__tsan_release_acquire))), gp.racectx, uintptr(addr), gp.sched.bp, uintptr(unsafe.Pointer(&gp.stack)))",
    ),
    (
        "__tsan_release_merge))), gp.racectx, uintptr(addr), 0, 0)",
        "__tsan_release_merge))), gp.racectx, uintptr(addr), gp.sched.bp, uintptr(unsafe.Pointer(&gp.stack)))",
    ),
];

/// `runtime/race.go`, which is edited already, with what parked goroutines need.
pub fn race_go(edited: &str) -> String {
    PARKED.iter().fold(edited.to_owned(), |text, (old, new)| {
        if text.matches(old).count() == 1 { text.replacen(old, new, 1) } else { text }
    })
}

/// The files to be put in place, by their names below `GOROOT/src`. `read` gives those of the distribution, as edited for detection.
pub fn files(read: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let mut files =
        vec![("runtime/zhb_explain.go", RUNTIME.to_owned()), ("runtime/zhb_explain_none.go", RUNTIME_NONE.to_owned())];
    let apply = |edit: &Insertion| Some((edit.file, edit.apply(&read(edit.file)?)?));
    if let Some(edited) = all(BLOCKS, &read) {
        files.extend(edited);
        files.push(("runtime/zhb_blocks.go", RUNTIME_BLOCKS.to_owned()));
    }
    let edited: Vec<_> = NAMES.iter().filter_map(apply).collect();
    if !edited.is_empty() {
        files.push(("testing/zhb_explain.go", TESTING.to_owned()));
        files.push(("testing/zhb_explain_none.go", TESTING_NONE.to_owned()));
        files.extend(edited);
    }
    files
}

/// The files with all of `insertions`, or `None` if one does not fit.
fn all(insertions: &[Insertion], read: &impl Fn(&str) -> Option<String>) -> Option<BTreeMap<&'static str, String>> {
    let mut files = BTreeMap::new();
    for edit in insertions {
        let text = files.remove(edit.file).or_else(|| read(edit.file))?;
        files.insert(edit.file, edit.apply(&text)?);
    }
    Some(files)
}

impl Insertion {
    fn apply(&self, source: &str) -> Option<String> {
        let (before, after) = source.split_once(self.text)?;
        (!after.contains(self.text)).then(|| [before, self.before, self.text, self.with, after].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_edited_or_left() {
        let edit = Insertion { file: "x", before: "(", text: "b", with: ")" };
        assert_eq!(edit.apply("abc").as_deref(), Some("a(b)c"));
        assert_eq!(edit.apply("ac"), None);
        assert_eq!(edit.apply("bab"), None);
    }

    #[test]
    fn without_known_files_only_the_runtime_is_told() {
        assert_eq!(files(|_| Some(String::new())).len(), 2);
        let known = |name: &str| NAMES.iter().find(|edit| edit.file == name).map(|edit| edit.text.to_owned());
        assert_eq!(files(known).len(), 4 + NAMES.len());
    }
}
