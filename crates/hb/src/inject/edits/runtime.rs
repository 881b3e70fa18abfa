//! The edits without which the Go runtime does not work with ours, all in `runtime/race.go`.

use super::{Change, Edit};

/// The edits that make the Go runtime work with ours, in the order in which they are made.
pub const EDITS: &[Edit] = &[
    // The race runtime used to be C++ that needs libc set up by runtime/cgo. Ours needs nothing.
    Edit {
        name: "no-cgo-needed",
        file: "runtime/race.go",
        change: Change::Replace {
            text: "\tif !iscgo && GOOS != \"darwin\" {\n\
                   \t\tthrow(\"raceinit: race build must use cgo\")\n\
                   \t}\n",
            with: "",
        },
    },
    // Without libc there is no getenv: the runtime reads GORACE from the environment, which lies
    // behind the argument vector.
    Edit {
        name: "argument-vector",
        file: "runtime/race.go",
        change: Change::Replace {
            text: "abi.FuncPCABI0(racecallbackthunk), 0)",
            with: "abi.FuncPCABI0(racecallbackthunk), uintptr(unsafe.Pointer(argv)))",
        },
    },
    // Stock __tsan_fini never returns, so whoever comes second may wait on this lock for ever. Ours
    // returns when there is nothing to complain of, and tells by itself who comes first. With the
    // lock held, the goroutine could not leave the system call below.
    Edit {
        name: "end-without-lock",
        file: "runtime/race.go",
        change: Change::Replace { text: "\tlock(&raceFiniLock)\n", with: "" },
    },
    // When __tsan_fini returns, so does racefini: Go then exits as it does without -race.
    Edit {
        name: "end-returns",
        file: "runtime/race.go",
        change: Change::Replace {
            text: "\tracecall(&__tsan_fini, 0, 0, 0, 0)\n",
            with: "\tracecall(&__tsan_fini, 0, 0, 0, 0)\n\
                   \tosPreemptExtExit(getg().m)\n\
                   \texitsyscall()\n",
        },
    },
    Edit { name: "entry-points", file: "runtime/race.go", change: Change::EntryPoints },
];

/// In the Go distribution, an entry point is a C symbol whose address is taken through a variable:
///
/// ```text
/// //go:linkname __tsan_init __tsan_init
/// var __tsan_init byte
/// //go:cgo_import_static __tsan_init
/// racecall(&__tsan_init, ...
/// ```
///
/// It becomes an assembly function of package `runtime` whose code address is taken:
///
/// ```text
/// func __tsan_init()
/// racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_init))), ...
/// ```
///
/// Returns the text and the names. Every name must be one that the runtime exports.
pub fn declare_entry_points(source: &str, exported: impl Fn(&str) -> bool) -> Result<(String, Vec<String>), String> {
    const LINKNAME: &str = "//go:linkname __tsan_";
    const IMPORT: &str = "//go:cgo_import_static ";
    let mut names = Vec::new();
    let mut text = String::with_capacity(source.len());
    let mut lines = source.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix(IMPORT).map(str::trim_end) {
            if !exported(name) {
                return Err(format!("{name} is not known"));
            }
        } else if line.starts_with(LINKNAME) {
            let name = line.split_ascii_whitespace().nth(1).unwrap_or_default();
            let declaration = lines.next().unwrap_or_default();
            if line.trim_end() != format!("//go:linkname {name} {name}")
                || declaration.trim_end() != format!("var {name} byte")
            {
                return Err(format!("{name} is declared in another way"));
            }
            if !exported(name) {
                return Err(format!("{name} is not known"));
            }
            text.push_str(&format!("func {name}()\n"));
            names.push(name.to_owned());
        } else {
            text.push_str(line);
        }
    }
    if names.is_empty() {
        return Err("no entry points are declared".to_owned());
    }
    for name in &names {
        let address = format!("&{name},");
        if !text.contains(&address) {
            return Err(format!("{name} is never called"));
        }
        let code = format!("(*byte)(unsafe.Pointer(abi.FuncPCABI0({name}))),");
        text = text.replace(&address, &code);
    }
    if text.contains("&__tsan_") {
        return Err("an entry point is used in another way".to_owned());
    }
    Ok((text, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//go:linkname __tsan_x __tsan_x\nvar __tsan_x byte\n\
        //go:cgo_import_static __tsan_x\nracecall(&__tsan_x, 1)\n";

    #[test]
    fn an_entry_point_becomes_a_function() {
        let (text, names) = declare_entry_points(SOURCE, |_| true).unwrap();
        assert_eq!(names, ["__tsan_x"]);
        assert_eq!(text, "func __tsan_x()\nracecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_x))), 1)\n");
    }

    #[test]
    fn an_unknown_entry_point_is_refused() {
        assert!(declare_entry_points(SOURCE, |_| false).is_err());
        assert!(declare_entry_points(&SOURCE.replace(" byte", " int"), |_| true).is_err());
        assert!(declare_entry_points("package runtime\n", |_| true).is_err());
    }
}
