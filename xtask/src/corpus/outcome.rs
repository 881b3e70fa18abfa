//! Runs one program once and judges what it did against its header.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::build::binary;
use super::classic::{self, Report};
use super::program::{End, Program, Verdict};

/// The exit status of a program that raced (GORACE's default `exitcode`).
const RACE_STATUS: i32 = 66;

/// The exit status of a test binary with a failed test; `testing` fails the test that raced.
const FAILED_TESTS_STATUS: i32 = 1;

/// What Go prints where its check of maps ends a program.
const MAPS_ERROR: &str = "fatal error: concurrent map ";

/// What one run did.
pub struct Execution {
    /// Exit status; `None` when a signal ended it.
    status: Option<i32>,
    /// The reports it printed.
    reports: Vec<Report>,
    /// Its whole output, for messages.
    output: String,
}

/// The comparison of one run with the header.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Number of reports printed.
    pub reports: usize,
    /// The first thing that is not as the header says.
    pub wrong: Option<String>,
}

impl Execution {
    /// Runs a built program in its own directory at the given GOMAXPROCS, with the options of the
    /// race runtime in `gorace`.
    pub fn of(
        program: &Program,
        bin_dir: &Path,
        gomaxprocs: u32,
        gorace: &str,
        limit: Duration,
    ) -> Result<Execution, String> {
        let io = |e: std::io::Error| format!("cannot run: {e}");
        // A file, not a pipe: a program that prints a lot before it is waited for must not block.
        let sink = tempfile::NamedTempFile::new().map_err(io)?;
        let stream =
            || -> Result<Stdio, String> { Ok(File::options().append(true).open(sink.path()).map_err(io)?.into()) };
        let mut child = Command::new(binary(program, bin_dir))
            .current_dir(&program.dir)
            .env("GOMAXPROCS", gomaxprocs.to_string())
            .env("GORACE", gorace)
            .stdin(Stdio::null())
            .stdout(stream()?)
            .stderr(stream()?)
            .spawn()
            .map_err(io)?;
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(io)? {
                break status;
            }
            if Instant::now() > deadline {
                child.kill().and_then(|()| child.wait()).map_err(io)?;
                return Err(format!("still running after {limit:.0?} at GOMAXPROCS={gomaxprocs}"));
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let output = std::fs::read(sink.path()).map_err(io)?;
        let output = String::from_utf8_lossy(&output).into_owned();
        Ok(Execution { status: status.code(), reports: classic::parse(&output), output })
    }
}

/// Holds a run against the program's header.
pub fn judge(program: &Program, execution: &Execution) -> Judgement {
    Judgement { reports: execution.reports.len(), wrong: mismatch(program, execution) }
}

fn mismatch(program: &Program, execution: &Execution) -> Option<String> {
    let mut seen = Vec::new();
    for report in &execution.reports {
        let sites = report.user_sites(&program.dir);
        let &[Some(one), Some(other)] = sites.as_slice() else {
            return Some(format!("a report without the program's own lines on both sides: {sites:?}"));
        };
        match program.pairs.iter().find(|(_, pair)| pair.covers(one, other)) {
            Some((id, _)) => seen.push(*id),
            None => return Some(format!("unexpected report: {one} and {other}")),
        }
    }
    if let Some((_, pair)) = program.pairs.iter().find(|(id, _)| !seen.contains(id)) {
        let one = pair.a.first().expect("marked");
        let other = pair.b.first().expect("marked");
        return Some(format!("no report of {one} and {other} (status {:?})", execution.status));
    }
    let allowed: &[i32] = match (program.verdict, program.is_test) {
        (Verdict::Clean, _) => &[0],
        (Verdict::Racy, false) => &[RACE_STATUS],
        // A race outside of every test is left to the runtime's own exit status.
        (Verdict::Racy, true) => &[FAILED_TESTS_STATUS, RACE_STATUS],
    };
    let by_maps = program.end == Some(End::Maps) && execution.output.contains(MAPS_ERROR);
    if by_maps || execution.status.is_some_and(|status| allowed.contains(&status)) {
        return None;
    }
    let last = execution.output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no output");
    Some(format!("exit status {:?}, expected one of {allowed:?}; last line: {last}", execution.status))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::corpus::program::{Pair, Site};

    fn site(line: u32) -> Site {
        Site { file: PathBuf::from("/c/racy/x/main.go"), line }
    }

    fn racy() -> Program {
        let pair = Pair { a: [site(3)].into(), b: [site(5)].into() };
        Program {
            name: "racy/x".into(),
            dir: "/c/racy/x".into(),
            verdict: Verdict::Racy,
            is_test: false,
            rows: vec![4],
            end: None,
            pairs: BTreeMap::from([(0, pair)]),
            stock: None,
            gap: None,
        }
    }

    fn execution(status: i32, pairs: &[(u32, u32)]) -> Execution {
        let reports = pairs.iter().map(|&(a, b)| Report { accesses: vec![vec![site(a)], vec![site(b)]] }).collect();
        Execution { status: Some(status), reports, output: String::new() }
    }

    #[test]
    fn racy_program_is_judged() {
        assert_eq!(judge(&racy(), &execution(66, &[(5, 3)])).wrong, None);
        assert!(judge(&racy(), &execution(0, &[(5, 3)])).wrong.is_some(), "status");
        assert!(judge(&racy(), &execution(66, &[])).wrong.is_some(), "missed");
        assert!(judge(&racy(), &execution(66, &[(5, 3), (5, 5)])).wrong.is_some(), "one too many");
    }

    #[test]
    fn clean_program_is_judged() {
        let clean = Program { verdict: Verdict::Clean, pairs: BTreeMap::new(), ..racy() };
        assert_eq!(judge(&clean, &execution(0, &[])).wrong, None);
        assert!(judge(&clean, &execution(1, &[])).wrong.is_some());
        assert!(judge(&clean, &execution(66, &[(3, 5)])).wrong.is_some());
    }
}
