//! Builds the runtime (`crates/runtime`) and packs it into the bytes that hb carries.
//!
//! Leaves in `OUT_DIR` `runtime.map` (for profiles), `runtime.blob`, the packed runtime, and `runtime.exports`, one
//! line `OFFSET NAME` (decimal) for each exported function, and `runtime.constants`, one line `VALUE NAME` for each constant
//! that the hooks' assembly uses.

#[path = "build/pack.rs"]
mod pack;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The Go programs that hb builds run on this target, whatever hb itself runs on.
const RUNTIME_TARGET: &str = "x86_64-unknown-linux-gnu";

/// How the runtime is compiled, beyond its own profile:
/// - position-independent, with direct references inside the object;
/// - no unwind tables, since nothing unwinds it;
/// - a processor of the amd64 baseline, since the program may run anywhere.
const RUSTFLAGS: [&str; 3] = ["-Crelocation-model=pie", "-Cforce-unwind-tables=no", "-Ctarget-cpu=x86-64"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or(format!("{name} is not set"));
    let out = variable("OUT_DIR")?;
    let crates = variable("CARGO_MANIFEST_DIR")?.join("..");
    let runtime = crates.join("runtime");

    for source in ["runtime/src", "runtime/Cargo.toml", "runtime/Cargo.lock", "detector/src", "detector/Cargo.toml"] {
        // A path that does not exist would make cargo run this script every time.
        if crates.join(source).exists() {
            println!("cargo::rerun-if-changed={}", crates.join(source).display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");

    let go = crates.join("../go/edits");
    println!("cargo::rerun-if-changed={}", go.display());
    write(&out.join("edits.rs"), edits(&go)?.as_bytes())?;

    let archive = build_runtime(&runtime, &out.join("runtime"))?;
    let archive = fs::read(&archive).map_err(|e| format!("{}: {e}", archive.display()))?;
    let blob = pack::pack(&archive).map_err(|e| format!("the runtime cannot be packed: {e}"))?;

    let mut exports = String::new();
    for (name, offset) in &blob.exports {
        let _ = writeln!(exports, "{offset} {name}");
    }
    let constants: String = blob.constants.iter().map(|(name, value)| format!("{value} {name}\n")).collect();
    write(&out.join("runtime.constants"), constants.as_bytes())?;
    write(&out.join("runtime.blob"), &blob.bytes)?;
    let map: String = blob.sections.iter().map(|(offset, name)| format!("{offset} {name}\n")).collect();
    write(&out.join("runtime.map"), map.as_bytes())?;
    write(&out.join("runtime.exports"), exports.as_bytes())
}

/// A list in Rust of the files of `go/edits` that belong to a group: their paths there, and their texts.
fn edits(root: &Path) -> Result<String, String> {
    let said = |path: &Path, error| format!("{}: {error}", path.display());
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(root).map_err(|e| said(root, e))? {
        let path = entry.map_err(|e| said(root, e))?.path();
        if path.is_dir() && !path.ends_with("golden") {
            directories.push(path);
        }
    }
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(|e| said(&directory, e))? {
            let path = entry.map_err(|e| said(&directory, e))?.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut list = "&[\n".to_owned();
    for file in files {
        let path = fs::canonicalize(&file).map_err(|e| said(&file, e))?;
        let name = file.strip_prefix(root).expect("below it");
        let _ = writeln!(list, "({name:?}, include_str!({path:?})),");
    }
    list.push(']');
    Ok(list)
}

fn write(path: &Path, contents: &[u8]) -> Result<(), String> {
    fs::write(path, contents).map_err(|e| format!("{}: {e}", path.display()))
}

/// Compiles the runtime by a cargo of its own and returns the static library's path.
fn build_runtime(runtime: &Path, target_dir: &Path) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--release", "--target", RUNTIME_TARGET])
        .arg("--manifest-path")
        .arg(runtime.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\x1f"));
    // What was meant for hb's own build must not change the object: flags, coverage or sanitizer
    // instrumentation, a linter in the compiler's place.
    for name in [
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "CARGO_INCREMENTAL",
    ] {
        command.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PROFILE_RELEASE_") || name.starts_with("CARGO_PROFILE_DEV_") {
            command.env_remove(&*name);
        }
    }
    let status = command.status().map_err(|e| format!("cannot start cargo: {e}"))?;
    if !status.success() {
        return Err(format!("the runtime does not build ({status})"));
    }
    Ok(target_dir.join(RUNTIME_TARGET).join("release").join("libhb_runtime.a"))
}
