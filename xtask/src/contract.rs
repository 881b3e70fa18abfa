//! `cargo xtask contract`: numbers that the runtime and the hooks' assembly share are changed in Rust, and the assembly
//! follows.
//!
//! A copy of the sources is changed in the places of [`CHANGES`] (fields change places, hashes their factors, regions
//! their addresses, events their codes), built into a second hb, and held against the memory model on generated programs.
//! Nothing in `go/` is changed. That each number did change is seen in what the two packers read from the objects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

/// Options of `cargo xtask contract`.
#[derive(Args)]
pub struct Options {
    /// Generated programs to be run.
    #[arg(long, default_value_t = 150)]
    programs: u32,
}

/// A file below `crates`, a text that occurs there once, what replaces it, and a constant that changes by it.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    (
        "detector/src/context.rs",
        "    pub generation: u32,\n    /// The clock last written to the history.\n    pub history_clock: Clock,\n",
        "    pub history_clock: Clock,\n    /// The clock last written to the history.\n    pub generation: u32,\n",
        "CONTEXT_GENERATION",
    ),
    (
        "detector/src/context.rs",
        "    pub clock: AtomicU32,\n    /// Whether something was recorded at `clock`, so that the next release must advance it.\n    pub used: bool,\n    \
         /// Block class of the shadow stack.\n    pub stack_class: u8,\n    /// Depth of \"ignore synchronisation\" sections.\n    \
         pub ignore: u16,\n",
        "    pub ignore: u16,\n    /// Moved.\n    pub stack_class: u8,\n    /// Moved.\n    pub used: bool,\n    /// Moved.\n    \
         pub clock: AtomicU32,\n",
        "CONTEXT_CLOCK",
    ),
    (
        "detector/src/ext.rs",
        "    more: u32,\n    sync: SyncClock,\n    inline: [Entry; INLINE],\n",
        "    more: u32,\n    inline: [Entry; INLINE],\n    sync: SyncClock,\n",
        "EXT_ACCESSES",
    ),
    ("detector/src/readers.rs", "GOLDEN: u32 = 0x9e37_79b1;", "GOLDEN: u32 = 0x85eb_ca6b;", "HASH_FACTOR"),
    ("detector/src/readers.rs", "const HOME_SHIFT: u32 = 8;", "const HOME_SHIFT: u32 = 9;", "TABLE_HOME_SHIFT"),
    ("detector/src/sets.rs", "STEP_MASK_SHIFT: u32 = 17;", "STEP_MASK_SHIFT: u32 = 13;", "STEP_HASH_MASK_SHIFT"),
    ("detector/src/sets.rs", "const STEPS: usize = 64;", "const STEPS: usize = 32;", "STEP_HASH_RESULT_SHIFT"),
    ("detector/src/history.rs", "const EPOCH: u64 = 5;", "const EPOCH: u64 = 6;", "EVENT_EPOCH"),
    ("detector/src/history.rs", "const START: u64 = 6;", "const START: u64 = 5;", "EVENT_EPOCH"),
    ("detector/src/history.rs", "    lane: AtomicU32,\n    _pad: u32,\n", "    _pad: u32,\n    lane: AtomicU32,\n", ""),
    ("detector/src/memory.rs", "pub const SHARDS: usize = 16;", "pub const SHARDS: usize = 8;", "BATCH_MASK"),
    (
        "detector/src/stamp.rs",
        "    /// The first stamp.\n    base: UnsafeCell<u32>,\n",
        "    moved: u64,\n    /// The first stamp.\n    base: UnsafeCell<u32>,\n",
        "BATCH_BASE",
    ),
    ("runtime/src/layout.rs", "REGION_STEP: usize = 0x40_0000_0000;", "REGION_STEP: usize = 0x60_0000_0000;", "STAMPS"),
    ("runtime/src/layout.rs", "STATE: usize = 0x1000_0000_0000;", "STATE: usize = 0x1001_0000_0000;", "DATA_DISTANCE"),
];

/// Changes, builds, compares, runs. `Ok(false)`: a number did not change, or programs do not agree with the model.
pub fn run(options: &Options) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let (copy, built) = (target.join("contract/src"), target.join("contract/target"));
    copy_sources(&root, &copy)?;
    let cargo = |directory: &Path, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(directory);
        command
    };
    succeed(cargo(&copy, &["build", "--quiet", "-p", "hb", "--target-dir"]).arg(&built))?;
    succeed(&mut cargo(&root, &["build", "--quiet", "-p", "hb"]))?;

    let (before, after) = (constants(&target)?, constants(&built)?);
    let mut good = before.keys().eq(after.keys());
    for name in CHANGES.iter().map(|change| change.3).filter(|name| !name.is_empty()) {
        let (old, new) = (before.get(name), after.get(name));
        if old.is_none() || old == new {
            println!("{name} did not change: {old:?}");
            good = false;
        }
    }
    let changed = before.iter().filter(|(name, value)| after.get(*name) != Some(value)).count();
    println!("{changed} of {} numbers changed in Rust alone", before.len());

    let programs = options.programs.to_string();
    let run = ["run", "--quiet", "-p", "hb-conformance", "--bin", "interpreted", "--", "--programs", &programs, "--hb"];
    let agreed = cargo(&root, &run).arg(built.join("debug/hb")).status().map_err(|e| e.to_string())?.success();
    println!("{}", if agreed { "the assembly followed" } else { "the assembly did NOT follow" });
    Ok(good && agreed)
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("{command:?}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

/// Copies what hb is built from, with the changes made. Files that are as they were keep their times, so that little is built again.
fn copy_sources(root: &Path, copy: &Path) -> Result<(), String> {
    let mut directories: Vec<PathBuf> = ["crates", "go", "xtask"].map(PathBuf::from).into();
    let mut files: Vec<PathBuf> = ["Cargo.toml", "Cargo.lock"].map(PathBuf::from).into();
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(root.join(&directory)).map_err(|e| format!("{}: {e}", directory.display()))?;
        for entry in entries {
            let entry = entry.map_err(|e| e.to_string())?;
            let path = directory.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && entry.file_name() != "target" => directories.push(path),
                Ok(kind) if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    for file in files {
        let said = |e: std::io::Error| format!("{}: {e}", file.display());
        let (from, to) = (root.join(&file), copy.join(&file));
        let mut content = fs::read(&from).map_err(said)?;
        let name = file.to_string_lossy();
        for (_, text, with, _) in CHANGES.iter().filter(|change| name.strip_prefix("crates/") == Some(change.0)) {
            let source = String::from_utf8_lossy(&content).into_owned();
            if source.matches(text).count() != 1 {
                return Err(format!(
                    "{name} has not one place that reads {text:?}: change the table in xtask/src/contract.rs"
                ));
            }
            content = source.replace(text, with).into_bytes();
        }
        if fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        fs::create_dir_all(to.parent().expect("a file of the copy")).map_err(said)?;
        fs::write(&to, content).map_err(said)?;
    }
    Ok(())
}

/// What the packer read from the object that was built last into `target`.
fn constants(target: &Path) -> Result<BTreeMap<String, String>, String> {
    let builds = fs::read_dir(target.join("debug/build")).map_err(|e| format!("{}: {e}", target.display()))?;
    let newest = builds
        .filter_map(|entry| {
            let file = entry.ok()?.path().join("out/runtime.constants");
            Some((fs::metadata(&file).ok()?.modified().ok()?, file))
        })
        .max()
        .ok_or("no runtime.constants was built")?;
    let text = fs::read_to_string(newest.1).map_err(|e| e.to_string())?;
    let entry = |line: &str| line.split_once(' ').map(|(value, name)| (name.to_owned(), value.to_owned()));
    Ok(text.lines().filter_map(entry).collect())
}
