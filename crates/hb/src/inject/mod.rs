//! The delivery of the runtime into Go builds.
//!
//! [`prepare`] looks at a Go toolchain and says what the go command has to be told so that the
//! programs it builds carry our runtime. There are three ways ([`Delivery`]); none of them changes
//! the toolchain or copies it.

mod archive;
mod blob;
mod early;
mod edits;
mod elf;
mod explain;
mod hooks;
mod store;
#[cfg(test)]
mod tests;
mod toolexec;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::FileSet;
use toolexec::Mode;

/// A Go toolchain, as `go env` describes it for the build at hand.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// `GOROOT`.
    pub goroot: PathBuf,
    /// `GOVERSION`, such as `go1.26.8`.
    pub version: String,
    /// `GOOS`.
    pub goos: String,
    /// `GOARCH`.
    pub goarch: String,
    /// `CGO_ENABLED`, which is off by itself where there is no C compiler.
    pub cgo_enabled: bool,
}

/// What a user's own overlay replaces: absolute paths, and where their contents are; an empty path for a file that is not to be.
pub type Replaced = BTreeMap<PathBuf, PathBuf>;

/// The way the runtime gets into a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As a part of package `runtime`, with assembly hooks and edits of our own, by `-overlay`.
    Fast,
    /// As an object in the place of the Go distribution's own, behind its unchanged hooks, by
    /// `-toolexec`: for toolchains that we do not know.
    Plain,
    /// As [`Delivery::Fast`], but where cgo is off and the go command itself refuses `-race`.
    NoCgo,
}

/// What to tell the go command.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The way that was chosen.
    pub delivery: Delivery,
    /// For `-overlay`: files of the toolchain (or new ones) and what replaces them.
    pub overlay: BTreeMap<PathBuf, PathBuf>,
    /// For `-toolexec`: a program and its first arguments.
    pub toolexec: Option<Vec<String>>,
    /// Further build flags, which come before the user's own.
    pub flags: Vec<String>,
    /// Build tags, to be merged with the user's own `-tags`.
    pub tags: Vec<String>,
    /// Environment variables for the go command.
    pub env: Vec<(String, String)>,
    /// What the user should be told, one sentence each.
    pub notices: Vec<String>,
    /// Edits of less importance that this toolchain's files do not fit, one sentence each, for `hb doctor`.
    pub left_out: Vec<String>,
}

/// Why no way was found.
#[derive(Debug)]
pub enum InjectError {
    /// There is no runtime for this operating system and processor.
    Unsupported {
        /// `GOOS/GOARCH`.
        platform: String,
    },
    /// The Go version is too old.
    TooOld {
        /// `GOVERSION`.
        version: String,
    },
    /// The chosen or only way needs files of the toolchain that are not what we know.
    UnknownToolchain {
        /// What is different.
        reason: String,
    },
    /// A file of the toolchain cannot be read.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The cache cannot be written.
    Cache {
        /// The cache directory.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// hb cannot name itself to the go command.
    Wrapper {
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for InjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { platform } => {
                write!(f, "{platform} is not supported: hb works on linux/amd64")
            }
            Self::TooOld { version } => {
                write!(f, "{version} is too old: hb works with Go 1.25 and newer")
            }
            Self::UnknownToolchain { reason } => {
                write!(f, "this Go toolchain differs from those that hb knows: {reason}")
            }
            Self::Damaged { path, error } => {
                write!(f, "damaged Go toolchain: {}: {error}", path.display())
            }
            Self::Cache { path, error } => write!(f, "cannot write {}: {error}", path.display()),
            Self::Wrapper { reason } => f.write_str(reason),
        }
    }
}

impl std::error::Error for InjectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Damaged { error, .. } | Self::Cache { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Prepares builds with the toolchain `tc`. Files are kept in `cache_dir`. `want` asks for one way;
/// without it the best is chosen: no cgo where cgo is off, else the fast way, else the plain one. Files that the user `replaced` are edited as
/// the toolchain's would be.
pub fn prepare(
    tc: &Toolchain,
    cache_dir: &Path,
    want: Option<Delivery>,
    replaced: &Replaced,
) -> Result<Injection, InjectError> {
    if (tc.goos.as_str(), tc.goarch.as_str()) != ("linux", "amd64") {
        return Err(InjectError::Unsupported { platform: format!("{}/{}", tc.goos, tc.goarch) });
    }
    if minor_version(&tc.version).is_some_and(|minor| minor < OLDEST_MINOR) {
        return Err(InjectError::TooOld { version: tc.version.clone() });
    }
    let best = if tc.cgo_enabled { Delivery::Fast } else { Delivery::NoCgo };
    match want.unwrap_or(best) {
        Delivery::Plain => plain(tc, cache_dir, replaced, Vec::new()),
        delivery => match fast(tc, cache_dir, delivery, replaced) {
            Err(InjectError::UnknownToolchain { reason }) if want.is_none() && tc.cgo_enabled => plain(
                tc,
                cache_dir,
                replaced,
                vec![format!(
                    "this Go toolchain differs from those that hb knows, so the slower way without edits is used: {reason}"
                )],
            ),
            result => result,
        },
    }
}

/// The entry of `hb toolexec`: `args` are what follows that word on the command line.
pub fn toolexec(args: &[OsString]) -> ExitCode {
    toolexec::run(args)
}

/// The oldest Go release that is supported is 1.25.
const OLDEST_MINOR: u32 = 25;

/// The 26 of `go1.26.8`; `None` for a development version, which is newer than any release.
fn minor_version(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("go1.")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// Files of the toolchain that others of ours take the place of, whatever is in them.
const TAKEN: [&str; 4] =
    ["runtime/race_amd64.s", "runtime/race/race.go", "runtime/race/race_v1_amd64.go", "runtime/race/race_v3_amd64.go"];

fn fast(tc: &Toolchain, cache: &Path, delivery: Delivery, replaced: &Replaced) -> Result<Injection, InjectError> {
    let src = tc.goroot.join("src");
    for file in TAKEN {
        if replaced.contains_key(&src.join(file)) {
            return Err(InjectError::UnknownToolchain { reason: format!("the overlay replaces {file}") });
        }
    }
    let source = |file: &str| source(&src, replaced, file);
    let edited = edits::apply(source, |name| blob::EXPORTS.contains_key(name))?
        .map_err(|mismatch| InjectError::UnknownToolchain { reason: mismatch.to_string() })?;
    let usual_guard = edited.left_out.iter().all(|(group, _)| group.name != edits::STACKS.name);
    let left_out = edited.left_out.iter().map(|(group, mismatch)| said_left_out(group, mismatch)).collect();
    let notices = edited.left_out.iter().filter(|(_, mismatch)| replaced.contains_key(&src.join(mismatch.file)));
    let notices = notices.map(|(group, mismatch)| {
        format!("the overlay replaces {}, in a form that hb does not know, so: {}", mismatch.file, group.without)
    });
    let notices = notices.collect();
    let mut entry_points = edited.entry_points;
    let mut files = FileSet::default();
    let mut texts = edited.files;
    if let Some(text) = texts.get_mut("runtime/race.go") {
        *text = explain::race_go(text);
    }
    for (file, text) in &texts {
        files.add(*file, text.clone());
    }

    for (file, text) in explain::files(|file| texts.get(file).cloned().or_else(|| source(file).ok())) {
        files.add(file, text);
    }
    entry_points.extend(explain::ENTRY_POINTS.iter().chain(edits::ENDING_ENTRY_POINTS).map(|&name| name.to_owned()));

    let theirs = read(&src.join("runtime/race_amd64.s"))?;
    if let Some(name) = hooks::missing(&theirs) {
        return Err(InjectError::UnknownToolchain { reason: format!("runtime/race_amd64.s: {name} is not known") });
    }
    files.add("runtime/race_amd64.s", hooks::assembly(entry_points.iter().map(String::as_str)));
    files.add("runtime/zhb_blob_amd64.s", blob::assembly());

    let overlay = overlay(&files, &src, cache)?;
    let injection = Injection {
        delivery,
        overlay,
        toolexec: None,
        flags: vec!["-race".to_owned()],
        tags: Vec::new(),
        env: Vec::new(),
        notices,
        left_out,
    };
    if delivery == Delivery::Fast {
        let toolexec = if usual_guard { Some(wrapper(tc, Mode::Guard)?) } else { None };
        return Ok(Injection { toolexec, ..injection });
    }
    // What -race sets in the go command, beside the flags of the tools that the wrapper adds. The
    // mode of coverage counters is for the caller to set, who knows whether coverage is asked for.
    Ok(Injection {
        toolexec: Some(wrapper(tc, Mode::Race)?),
        flags: vec!["-installsuffix=race".to_owned()],
        tags: vec!["race".to_owned()],
        env: vec![("CGO_ENABLED".to_owned(), "0".to_owned())],
        ..injection
    })
}

/// The text of a file of the toolchain, or of what the user replaced it by.
fn source(src: &Path, replaced: &Replaced, file: &str) -> Result<String, InjectError> {
    let path = src.join(file);
    match replaced.get(&path) {
        Some(theirs) if theirs.as_os_str().is_empty() => {
            Err(InjectError::UnknownToolchain { reason: format!("the overlay takes {file} away") })
        }
        Some(theirs) => read(theirs),
        None => read(&path),
    }
}

fn plain(tc: &Toolchain, cache: &Path, replaced: &Replaced, notices: Vec<String>) -> Result<Injection, InjectError> {
    let src = tc.goroot.join("src");
    let mut files = FileSet::default();
    let mut left_out = Vec::new();
    // The hooks are Go's own, but the end of a program has nothing to do with them.
    match edits::alone(&edits::ENDING, |file| {
        source(&src, replaced, file).map_err(|_| "the file cannot be read".to_owned())
    }) {
        Ok(edited) => {
            let new = edits::PLAIN_FILES.iter().map(|&(name, text)| (name, text.to_owned()));
            edited.into_iter().chain(new).for_each(|(name, text)| files.add(name, text));
        }
        Err(mismatch) => left_out.push(said_left_out(&edits::ENDING, &mismatch)),
    }
    Ok(Injection {
        delivery: Delivery::Plain,
        overlay: overlay(&files, &src, cache)?,
        toolexec: Some(wrapper(tc, Mode::Object)?),
        flags: vec!["-race".to_owned()],
        tags: Vec::new(),
        env: Vec::new(),
        notices,
        left_out,
    })
}

/// Stores the files, and says which is to take whose place.
fn overlay(files: &FileSet, src: &Path, cache: &Path) -> Result<BTreeMap<PathBuf, PathBuf>, InjectError> {
    let dir = store(files, cache)?;
    Ok(files.names().map(|name| (src.join(name), dir.join(name))).collect())
}

/// That a group was left out, for `hb doctor`.
fn said_left_out(group: &edits::Group, mismatch: &edits::Mismatch) -> String {
    format!("{}: {} ({mismatch})", group.name, group.without)
}

/// This program as the go command's tool wrapper.
fn wrapper(tc: &Toolchain, mode: Mode) -> Result<Vec<String>, InjectError> {
    let program = std::env::current_exe()
        .map_err(|error| InjectError::Wrapper { reason: format!("hb's own path is not known: {error}") })?;
    let tools = tc.goroot.join("pkg/tool").join(format!("{}_{}", std::env::consts::OS, host_goarch()));
    let text = |path: &Path| {
        path.to_str()
            .map(str::to_owned)
            .ok_or_else(|| InjectError::Wrapper { reason: format!("the path {} is not UTF-8", path.display()) })
    };
    Ok(vec![text(&program)?, "toolexec".to_owned(), mode.word().to_owned(), text(&tools)?])
}

/// Go's name of the processor that hb, and so the go command, runs on.
fn host_goarch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn read(path: &Path) -> Result<String, InjectError> {
    fs::read_to_string(path).map_err(|error| InjectError::Damaged { path: path.to_owned(), error })
}

fn store(files: &FileSet, cache: &Path) -> Result<PathBuf, InjectError> {
    files.store(cache).map_err(|error| InjectError::Cache { path: cache.to_owned(), error })
}
