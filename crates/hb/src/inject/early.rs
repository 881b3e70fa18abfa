//! Packages that run before there is a goroutine, or on threads that have none: replacements of Go's `runtime/cgo`, which start threads by
//! themselves so that C code can be called without cgo.
//!
//! The compiler's calls of the race runtime would find no goroutine there, and `runtime/cgo` itself has none of them. Such packages are
//! known by what they do: they define what the runtime calls through a variable before it is up, `_cgo_init` above all.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

/// What the runtime of Go looks up by these names, and calls on a thread without a goroutine: the hooks of `runtime/cgo`, and the first
/// instruction of a program.
const CALLED_EARLY: [&str; 8] = [
    "_cgo_init",
    "_cgo_thread_start",
    "_cgo_sys_thread_create",
    "_cgo_notify_runtime_init_done",
    "_cgo_pthread_key_created",
    "_cgo_getstackbound",
    "_rt0_amd64_linux",
    "_rt0_amd64_linux_lib",
];

/// The arguments of a compilation with `-race` in front, but for a package that runs early.
pub fn with_race_flag(args: &[OsString]) -> Vec<OsString> {
    let mut changed = Vec::with_capacity(args.len() + 1);
    if !runs_early(args) {
        changed.push(OsString::from("-race"));
    }
    changed.extend_from_slice(args);
    changed
}

/// Whether the package that is compiled defines one of [`CALLED_EARLY`]: in a Go file, or in assembly of which the compiler is told.
fn runs_early(args: &[OsString]) -> bool {
    let sources = args.iter().map(Path::new).filter(|path| path.extension() == Some(OsStr::new("go")));
    let symbols = args.iter().position(|arg| arg == "-symabis").and_then(|at| args.get(at + 1));
    sources.filter_map(|path| fs::read_to_string(path).ok()).any(|text| links_early(&text))
        || symbols.and_then(|path| fs::read_to_string(path).ok()).is_some_and(|text| defines_early(&text))
}

/// `//go:linkname local name` in a Go file.
fn links_early(text: &str) -> bool {
    // Nearly no file has one of these anywhere.
    if !CALLED_EARLY.iter().any(|name| text.contains(name)) {
        return false;
    }
    text.lines().filter_map(|line| line.strip_prefix("//go:linkname ")).any(|rest| {
        let name = rest.split_ascii_whitespace().last().unwrap_or_default();
        CALLED_EARLY.contains(&name)
    })
}

/// `def name ABI` in the list of what the package's assembly defines.
fn defines_early(list: &str) -> bool {
    list.lines().filter_map(|line| line.strip_prefix("def ")).any(|rest| {
        let name = rest.split_ascii_whitespace().next().unwrap_or_default();
        CALLED_EARLY.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_by_what_they_define() {
        assert!(links_early("package x\n\n//go:linkname _cgo_init _cgo_init\nvar _cgo_init = &trampoline\n"));
        assert!(links_early("//go:linkname mine _cgo_thread_start\n"));
        assert!(!links_early("package x\n\n// _cgo_init is what runtime/cgo defines.\n//go:linkname now time.now\n"));
        assert!(!links_early("//go:linkname f runtime.entersyscall\n"));
        assert!(defines_early("ref x.y ABI0\ndef _rt0_amd64_linux ABI0\n"));
        assert!(!defines_early("def x.y ABI0\nref _rt0_amd64_linux ABI0\n"));
    }

    #[test]
    fn those_that_run_early_are_compiled_without_calls_of_the_detector() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            path.into_os_string()
        };
        let early = file("early.go", "package p\n\n//go:linkname _cgo_init _cgo_init\n");
        let usual = file("usual.go", "package p\n");
        let with = |files: &[&OsString]| {
            let args: Vec<OsString> =
                ["-p".into(), "p".into()].into_iter().chain(files.iter().map(|&f| f.clone())).collect();
            with_race_flag(&args)[0] == "-race"
        };
        assert!(with(&[&usual]));
        assert!(!with(&[&usual, &early]));
    }
}
