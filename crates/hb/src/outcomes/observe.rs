//! Real runs, without any detector: which of the outcomes are seen on this machine.

use crate::error::HbError;
use crate::go_env::find_program;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A run that takes longer is taken not to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// All runs together take no longer than this.
const ALL: Duration = Duration::from_secs(20);

/// Outcomes by name, and how often each was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Counts by the names of outcomes.
    pub counts: BTreeMap<String, u32>,
    /// Number of runs.
    pub runs: u32,
}

/// Builds a program and runs it.
///
/// # Errors
/// It cannot be built or started.
pub fn observe(files: &[PathBuf], runs: u32) -> Result<Seen, HbError> {
    let go = find_program()?;
    let directory = tempfile::tempdir().map_err(|e| HbError::Cache(format!("no temporary directory: {e}")))?;
    let binary = directory.path().join("program");
    let mut command = Command::new(&go);
    command.args(["build", "-o"]).arg(&binary);
    match files {
        [only] if only.is_dir() => command.arg(".").current_dir(only),
        _ => command.args(files),
    };
    let built = command.output().map_err(|e| HbError::CannotStart(format!("{}: {e}", go.display())))?;
    if !built.status.success() {
        return Err(HbError::Toolchain(format!(
            "the program could not be built to be observed:\n{}",
            String::from_utf8_lossy(&built.stderr).trim()
        )));
    }
    let mut seen = Seen::default();
    let began = Instant::now();
    for i in 0..runs {
        if began.elapsed() > ALL {
            break;
        }
        // Few and many processors show different schedules.
        let processors = ["", "1", "2", "4"][i as usize % 4];
        let mut command = Command::new(&binary);
        if !processors.is_empty() {
            command.env("GOMAXPROCS", processors);
        }
        let name = one(command)?;
        *seen.counts.entry(name).or_default() += 1;
        seen.runs += 1;
    }
    Ok(seen)
}

/// Runs once; the name of the outcome.
fn one(mut command: Command) -> Result<String, HbError> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| HbError::CannotStart(format!("the program: {e}")))?;
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(out) = &mut out {
            let _ = out.take(1 << 20).read_to_end(&mut text);
        }
        text
    });
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(err) = &mut err {
            let _ = err.take(1 << 20).read_to_end(&mut text);
        }
        text
    });
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if began.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            Ok(None) => std::thread::sleep(Duration::from_micros(300)),
            Err(e) => return Err(HbError::CannotStart(format!("the program: {e}"))),
        }
    };
    let output = String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
    let errors = String::from_utf8_lossy(&errors.join().unwrap_or_default()).into_owned();
    let mut name = output.trim_end_matches('\n').replace('\n', "\\n");
    let end = match status.map(|s| s.code()) {
        None => "never ends".to_owned(),
        Some(Some(0)) => String::new(),
        Some(code) => how_it_ended(&errors, code),
    };
    if !end.is_empty() {
        name = if name.is_empty() { end } else { format!("{name}\\n{end}") };
    }
    Ok(name)
}

/// From what the runtime says on standard error.
fn how_it_ended(errors: &str, code: Option<i32>) -> String {
    for line in errors.lines() {
        if line.starts_with("fatal error: all goroutines are asleep") {
            return "deadlock".into();
        }
        if let Some(text) = line.strip_prefix("panic: ") {
            let text = text.split(" [recovered").next().unwrap_or(text);
            return format!("panic: {text}");
        }
        if line.starts_with("fatal error: ") {
            return line.to_owned();
        }
    }
    match code {
        Some(code) => format!("exit {code}"),
        None => "killed".into(),
    }
}
