//! The interpreter as a process: building it, giving it a script, and reading which races hb wrote down, by round and event.

use hb_report::raw::{Race, Record, read_records};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Races of which a process writes findings; further ones are only counted.
pub const MOST_REPORTS: u64 = 1000;

/// The interpreter's program, built.
#[derive(Debug)]
pub struct Interpreter {
    directory: tempfile::TempDir,
}

/// What happened in one round.
#[derive(Debug, Default)]
pub struct Played {
    /// Where the data was, and the first objects of the kinds but channels.
    pub places: [u64; 6],
    /// Channels: the event that made each, which it is, and its address.
    pub channels: Vec<(usize, u64, u64)>,
    /// The reports, by event.
    pub reports: Vec<(usize, Vec<Race>)>,
}

impl Interpreter {
    /// Builds it. `hb` is the command to do it with, to which arguments are added.
    ///
    /// # Errors
    ///
    /// With what was said when it cannot be built.
    pub fn build(mut hb: Command) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|e| e.to_string())?;
        let program = directory.path().join("interpreter");
        // The interpreter calls what the allocator calls, and the linker is to let it.
        hb.args(["build", "-ldflags=-checklinkname=0", "-o"]).arg(&program).arg(".");
        hb.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("interpreter")).stdin(Stdio::null());
        let output = hb.output().map_err(|e| format!("hb: {e}"))?;
        if !output.status.success() {
            return Err(format!("hb build: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(Interpreter { directory })
    }

    fn program(&self) -> PathBuf {
        self.directory.path().join("interpreter")
    }

    /// Runs a script: the number of programs, and the programs.
    ///
    /// # Errors
    ///
    /// When the process does not come to an end in order, or says other things than it should.
    pub fn run(&self, script: &str) -> Result<Vec<Played>, String> {
        let findings = tempfile::tempdir().map_err(|e| e.to_string())?;
        let mut child = Command::new(self.program())
            .env("GORACE", "suppress_equal_stacks=0 atexit_sleep_ms=0 exitcode=0")
            .env("HB_FINDINGS", findings.path())
            .env("HB_EXPLAIN", "0")
            // Whoever keeps the order is not to be interrupted between two instructions.
            .env("GODEBUG", "asyncpreemptoff=1")
            .env_remove("HB_ASK")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        // It says nothing before it has read all.
        let written = child.stdin.take().expect("a pipe").write_all(script.as_bytes());
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        if written.is_err() || !output.status.success() || !said.ends_with("\nend\n") {
            let errors = String::from_utf8_lossy(&output.stderr);
            // Go's words on a crash come after the reports.
            let crash = ["fatal error: ", "panic: ", "runtime: ", "SIG", "unexpected fault"];
            let lines: Vec<&str> = errors.lines().collect();
            let from = lines.iter().position(|line| crash.iter().any(|word| line.starts_with(word)));
            let end = lines[from.unwrap_or(lines.len().saturating_sub(20))..]
                .iter()
                .take(40)
                .fold(String::new(), |all, line| all + line + "\n");
            return Err(format!("the interpreter ended with {}: {said}\n{end}", output.status));
        }
        attribute(&said, races(findings.path())?)
    }
}

/// The races that the one process wrote down, in their order.
fn races(directory: &Path) -> Result<VecDeque<Race>, String> {
    let mut races = VecDeque::new();
    let mut trouble = None;
    let mut ended = None;
    for entry in fs::read_dir(directory).map_err(|e| e.to_string())? {
        let file = File::open(entry.map_err(|e| e.to_string())?.path()).map_err(|e| e.to_string())?;
        read_records(BufReader::new(file), |record| match record {
            Record::Race(race) => races.push_back(*race),
            Record::Limit(limit) => trouble = Some(format!("hb reached a limit: {} ({})", limit.name, limit.count)),
            Record::End(end) => ended = Some(end.races),
            _ => {}
        })
        .map_err(|e| e.to_string())?;
    }
    match (trouble, ended) {
        (Some(trouble), _) => Err(trouble),
        (None, Some(count)) if count == races.len() as u64 => Ok(races),
        (None, ended) => Err(format!("findings of {} races, where hb counts {ended:?}", races.len())),
    }
}

/// Reads what the interpreter says, and deals the reports out: it says after which event there were how many.
fn attribute(said: &str, mut races: VecDeque<Race>) -> Result<Vec<Played>, String> {
    let mut rounds: Vec<Played> = Vec::new();
    let mut reported = 0;
    for line in said.lines().filter(|line| *line != "end") {
        let unknown = || format!("the interpreter says {line:?}");
        let mut words = line.split([' ', '[', ']']).filter(|word| !word.is_empty());
        let kind = words.next().ok_or_else(unknown)?;
        let numbers: Vec<u64> = words.map(|word| word.parse().map_err(|_| unknown())).collect::<Result<_, _>>()?;
        let [round, event, a @ ..] = numbers.as_slice() else { return Err(unknown()) };
        let places: [u64; 6] = a.try_into().map_err(|_| unknown())?;
        if kind == "R" {
            if *round != rounds.len() as u64 {
                return Err(unknown());
            }
            rounds.push(Played { places, ..Played::default() });
            continue;
        }
        let played = rounds.last_mut().ok_or_else(unknown)?;
        match kind {
            "C" => played.channels.push((*event as usize, a[0], a[1])),
            "E" => {
                let new = a[0].checked_sub(reported).ok_or_else(unknown)?;
                reported = a[0];
                let new = races.drain(..(new as usize).min(races.len())).collect();
                played.reports.push((*event as usize, new));
            }
            // Before the program began.
            "W" => return Err(format!("races in what is done beforehand: {:#?}", races.front())),
            _ => return Err(unknown()),
        }
    }
    if !races.is_empty() {
        return Err(format!("races after the last event: {:#?}", races.front()));
    }
    Ok(rounds)
}
