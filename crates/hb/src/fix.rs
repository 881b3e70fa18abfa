//! `hb fix`: shows the changes that reports suggest, and makes them when asked.
//!
//! A change is made whole or not at all. Nothing outside of the module is touched, and nothing that is no longer what it was when the report
//! was made. Files that gofmt had nothing to say about are in its form afterwards, too.

use crate::error::HbError;
use crate::reports;
use crate::streams;
use hb_report::Report;
use hb_report::explain::mend::digest;
use hb_report::finding::{FileFix, Fix};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What became of the suggestions.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The changed files: name, old text, new text.
    pub files: BTreeMap<PathBuf, (String, String)>,
    /// Findings whose change is among them.
    pub mended: usize,
    /// What there is to say of the others, a line each.
    pub notes: Vec<String>,
    /// Whether a file is no longer what it was.
    pub changed_since: bool,
}

/// `hb fix [--apply] FILE...`, or with `run` or `test` and what they take in place of the files.
///
/// # Errors
/// A report cannot be read or made, or a file cannot be written.
pub fn run(words: &[OsString], apply: bool, quiet: bool) -> Result<(), HbError> {
    let report = if words.first().is_some_and(|word| word == "run" || word == "test") {
        of_run(words)?
    } else {
        reports::load(&words.iter().map(PathBuf::from).collect::<Vec<_>>())?
    };
    let here = std::env::current_dir().map_err(|e| HbError::Report(format!("there is no working directory: {e}")))?;
    let outcome = plan(&report, &here);
    let mut page = String::new();
    for (path, (old, new)) in &outcome.files {
        let shown = path.strip_prefix(&here).unwrap_or(path).display().to_string();
        let diff = TextDiff::from_lines(old, new);
        page += &diff.unified_diff().context_radius(3).header(&format!("a/{shown}"), &format!("b/{shown}")).to_string();
    }
    streams::print(&page)?;
    if apply {
        for (path, (_, new)) in &outcome.files {
            write(path, new)?;
        }
    }
    if !quiet {
        for note in &outcome.notes {
            streams::say(format_args!("hb: {}", hb_report::clean::line(note)));
        }
        let (races, files) = (outcome.mended, outcome.files.len());
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let of = format!("for {} in {}", count(races, "race"), count(files, "file"));
        match (files, apply) {
            (0, _) => streams::say(format_args!("hb: nothing to change")),
            (_, true) => streams::say(format_args!("hb: changes made {of}; run the tests again")),
            (_, false) => streams::say(format_args!("hb: changes {of}; --apply makes them")),
        }
    }
    if outcome.changed_since && outcome.files.is_empty() {
        return Err(HbError::Report(
            "the report is older than the files that it speaks of: run again, and fix what that reports".to_owned(),
        ));
    }
    Ok(())
}

/// Runs or tests, and reads the report of that.
fn of_run(words: &[OsString]) -> Result<Report, HbError> {
    let directory = tempfile::tempdir().map_err(|e| HbError::Report(format!("no temporary directory: {e}")))?;
    let file = directory.path().join("report.json");
    let own = std::env::current_exe().map_err(|e| HbError::Report(format!("where hb is cannot be told: {e}")))?;
    let status = Command::new(own)
        .args(["--format", "json", "--output"])
        .arg(&file)
        .args(["--live", "none"])
        .args(words)
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .map_err(|e| HbError::Report(format!("hb cannot be started: {e}")))?;
    if !file.exists() {
        return Err(HbError::Report(format!("the run left no report ({status})")));
    }
    reports::load(&[file])
}

/// What would be changed in the module around a directory.
pub fn plan(report: &Report, here: &Path) -> Outcome {
    let here = here.canonicalize().unwrap_or_else(|_| here.to_owned());
    let root = here.ancestors().find(|directory| directory.join("go.mod").is_file()).unwrap_or(&here).to_owned();
    let mut outcome = Outcome::default();
    let mut accepted: BTreeMap<PathBuf, FileFix> = BTreeMap::new();
    let mut done: Vec<(String, Fix)> = Vec::new();
    for finding in report.new_findings() {
        let Some(suggestion) = &finding.suggestion else { continue };
        let what = format!("{} [{}]", finding.title, finding.fingerprint);
        let Some(fix) = &suggestion.fix else {
            outcome.notes.push(format!("by hand: {what}: {} ({})", suggestion.text, suggestion.by_hand));
            continue;
        };
        if done.iter().any(|(_, other)| other == fix) {
            outcome.mended += 1;
            continue;
        }
        let variable = finding.variable.name.clone();
        if !variable.is_empty() && done.iter().any(|(name, _)| *name == variable) {
            outcome
                .notes
                .push(format!("not yet: {what}: {variable} is changed for another race; run again afterwards"));
            continue;
        }
        match joined(&accepted, fix, &here, &root) {
            Ok(more) => {
                accepted.extend(more);
                done.push((variable, fix.clone()));
                outcome.mended += 1;
            }
            Err(why) => {
                outcome.changed_since |= why.ends_with(CHANGED);
                outcome.notes.push(format!("not changed: {what}: {why}"));
            }
        }
    }
    for (path, fix) in accepted {
        let Ok(old) = fs::read_to_string(&path) else { continue };
        if let Some(new) = fix.apply(&old) {
            let new = formatted(&old, new);
            outcome.files.insert(path, (old, new));
        }
    }
    outcome
}

const CHANGED: &str = "has changed since the report was made";

/// The edits of the files of a fix, together with those that were accepted before.
fn joined(
    accepted: &BTreeMap<PathBuf, FileFix>,
    fix: &Fix,
    here: &Path,
    root: &Path,
) -> Result<Vec<(PathBuf, FileFix)>, String> {
    let mut all = Vec::new();
    for file in &fix.files {
        let path = here.join(&file.file).canonicalize().map_err(|e| format!("{}: {e}", file.file))?;
        let inside = path.strip_prefix(root).map_err(|_| format!("{} is not in this module", file.file))?;
        if inside.components().any(|part| part.as_os_str() == "vendor") {
            return Err(format!("{} is vendored", file.file));
        }
        // A module of its own below this one.
        if path
            .ancestors()
            .skip(1)
            .take_while(|directory| *directory != root)
            .any(|directory| directory.join("go.mod").is_file())
        {
            return Err(format!("{} is in another module", file.file));
        }
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", file.file))?;
        if digest(&text) != file.digest {
            return Err(format!("{} {CHANGED}", file.file));
        }
        let mut edits = accepted.get(&path).map(|file| file.edits.clone()).unwrap_or_default();
        for edit in &file.edits {
            if edits.contains(edit) {
                continue;
            }
            let (start, end) = edit.bytes;
            let touches = |other: &(usize, usize)| {
                if start == end || other.0 == other.1 {
                    start > other.0 && start < other.1 || other.0 > start && other.0 < end
                } else {
                    start < other.1 && other.0 < end
                }
            };
            if edits.iter().any(|other| touches(&other.bytes)) {
                return Err("another change touches the same lines; run again afterwards".to_owned());
            }
            edits.push(edit.clone());
        }
        edits.sort_by_key(|edit| edit.bytes);
        all.push((path, FileFix { edits, ..file.clone() }));
    }
    Ok(all)
}

/// The new text as gofmt would have it, if the old one was so.
fn formatted(old: &str, new: String) -> String {
    if gofmt(old).as_deref() != Some(old) {
        return new;
    }
    gofmt(&new).unwrap_or(new)
}

fn gofmt(text: &str) -> Option<String> {
    let by_go = || {
        let output = Command::new("go").args(["env", "GOROOT"]).stderr(Stdio::null()).output().ok()?;
        Some(Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin/gofmt"))
    };
    let start = |program: &Path| {
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
    };
    let mut child = by_go().and_then(|program| start(&program)).or_else(|| start(Path::new("gofmt")))?;
    let mut input = child.stdin.take()?;
    let text = text.to_owned();
    // In a thread, for gofmt may write before it has read all.
    let writing = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writing.join().ok()?.ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

/// Writes a file whole or not at all, with the permissions that it had.
fn write(path: &Path, text: &str) -> Result<(), HbError> {
    let error = |e: std::io::Error| HbError::Report(format!("cannot write {}: {e}", path.display()));
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(error)?;
    file.write_all(text.as_bytes()).map_err(error)?;
    let permissions = fs::metadata(path).map_err(error)?.permissions();
    file.as_file().set_permissions(permissions).map_err(error)?;
    file.persist(path).map_err(|e| error(e.error))?;
    Ok(())
}
