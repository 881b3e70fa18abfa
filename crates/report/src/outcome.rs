//! How a run went: what became of each package, so that what was not built, not run or cut short never looks like "no races".

use crate::Report;
use crate::finding::ProcessInfo;
use serde::{Deserialize, Serialize};

/// Packages named one by one in words; the report has them all.
const NAMED: usize = 20;
/// Longest detail that stands in a line, in characters.
const LONGEST_DETAIL: usize = 300;

/// One run of the go command. A report that several were merged into has several; one of raw records or of Go's text has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// `test` or `run`.
    pub command: String,
    /// The go command's exit status.
    pub status: Option<u8>,
    /// The signal that ended it, by name.
    pub signal: Option<String>,
    /// What became of each package of `hb test`; of the program of `hb run`.
    pub units: Vec<Unit>,
    /// The packages could not be watched, because the tests wrote to a terminal: there are none in `units`.
    pub unwatched: bool,
}

/// A package under test, or a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unit {
    /// Import path of the package; what was given to `hb run`.
    pub package: String,
    /// What became of it.
    pub state: UnitState,
    /// The result came from the go command's cache: nothing was run.
    pub cached: bool,
    /// What the go command said of it: compiler errors, the first line of a panic, `exit status 3`.
    pub detail: String,
}

/// What became of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// Ran to its end, and its tests passed.
    #[default]
    Passed,
    /// Ran to its end, and tests failed: by a race or otherwise.
    Failed,
    /// Has no test files.
    NoTestFiles,
    /// No test matched: nothing of it ran.
    NoTestsRan,
    /// Did not compile or link.
    NotBuilt,
    /// `go vet` found what lets `go test` not run it.
    NotVetted,
    /// Was never started: an import is missing, its binary could not be started, or the run ended before.
    NotRun,
    /// Ended by a panic.
    Panicked,
    /// Ended by a fatal error or a signal of its own.
    Crashed,
    /// Ran into `-timeout`.
    TimedOut,
    /// Was killed by a signal from outside.
    Killed,
    /// Called `os.Exit` before its tests were through.
    Exited,
    /// Did not end in order, and nothing tells which way: a panic, a crash, or a signal from outside.
    Unfinished,
}

impl UnitState {
    /// In words, behind the name of a package: `was not built`.
    pub fn words(self) -> &'static str {
        match self {
            UnitState::Passed => "passed",
            UnitState::Failed => "failed",
            UnitState::NoTestFiles => "has no test files",
            UnitState::NoTestsRan => "ran no tests",
            UnitState::NotBuilt => "was not built",
            UnitState::NotVetted => "was not run: go vet refused it",
            UnitState::NotRun => "was not run",
            UnitState::Panicked => "panicked",
            UnitState::Crashed => "crashed",
            UnitState::TimedOut => "timed out",
            UnitState::Killed => "was killed",
            UnitState::Exited => "exited before its tests were through",
            UnitState::Unfinished => "did not end in order (a panic, a crash or a kill)",
        }
    }

    /// Stable word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            UnitState::Passed => "passed",
            UnitState::Failed => "failed",
            UnitState::NoTestFiles => "no_test_files",
            UnitState::NoTestsRan => "no_tests_ran",
            UnitState::NotBuilt => "not_built",
            UnitState::NotVetted => "not_vetted",
            UnitState::NotRun => "not_run",
            UnitState::Panicked => "panicked",
            UnitState::Crashed => "crashed",
            UnitState::TimedOut => "timed_out",
            UnitState::Killed => "killed",
            UnitState::Exited => "exited",
            UnitState::Unfinished => "unfinished",
        }
    }

    /// Whether less was checked than was asked for, so that there may be races of which the report does not know.
    pub fn is_cut_short(self) -> bool {
        use UnitState::{Failed, NoTestFiles, NoTestsRan, Passed};
        !matches!(self, Passed | Failed | NoTestFiles | NoTestsRan)
    }
}

impl Unit {
    /// The name that the go command gives its test binary: the last element of its path, of which a major version is none.
    pub fn binary(&self) -> String {
        let mut elements = self.package.rsplit('/');
        let last = elements.next().unwrap_or_default();
        let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
        let name = if last.strip_prefix('v').is_some_and(digits) { elements.next().unwrap_or(last) } else { last };
        format!("{name}.test")
    }

    /// `example.com/p was not built: ./p.go:3:12: undefined: f`, with the first line of the detail.
    pub fn line(&self) -> String {
        let first = self.detail.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let detail: String = first.unwrap_or_default().trim().chars().take(LONGEST_DETAIL).collect();
        let colon = if detail.is_empty() { "" } else { ": " };
        format!("{} {}{colon}{detail}", self.package, self.state.words())
    }
}

impl Run {
    /// What there is to say of the run beside its packages: that it was ended from outside, or failed before it came to any.
    pub fn failure(&self) -> Option<String> {
        let go = format!("go {}", self.command);
        if let Some(signal) = &self.signal {
            return Some(format!("{go} was ended by {signal}"));
        }
        let status = self.status.filter(|status| *status != 0)?;
        // A test that failed, or a race, is why go fails; otherwise something went wrong before.
        let explained = self.units.iter().any(|unit| unit.state.is_cut_short() || unit.state == UnitState::Failed);
        (!explained && !self.unwatched).then(|| format!("{go} failed with status {status} before anything was run"))
    }
}

impl Report {
    /// Every package of every run.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.runs.iter().flat_map(|run| &run.units)
    }

    /// The packages of which less was checked than was asked for.
    pub fn cut_short(&self) -> impl Iterator<Item = &Unit> {
        self.units().filter(|unit| unit.state.is_cut_short())
    }

    /// Whether all was built and ran to its end, as far as that is known. Where it is not, that no race was found says nothing, and what an
    /// earlier report had must not be taken for gone.
    pub fn is_whole(&self) -> bool {
        self.cut_short().next().is_none() && self.runs.iter().all(|run| run.failure().is_none())
    }

    /// Why not all was checked, in lines: runs that failed, and packages that were not built, not run or cut short.
    pub fn failures(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.runs.iter().filter_map(Run::failure).collect();
        let all = self.cut_short().count();
        lines.extend(self.cut_short().take(NAMED).map(Unit::line));
        if all > NAMED {
            lines.push(format!("{} more packages were not built, not run or cut short", all - NAMED));
        }
        lines
    }

    /// What else is to be known of packages: those that ran nothing.
    pub fn nothing_ran(&self) -> Option<String> {
        let none: Vec<&Unit> = self.units().filter(|unit| unit.state == UnitState::NoTestsRan).collect();
        let names: Vec<&str> = none.iter().take(NAMED).map(|unit| unit.package.as_str()).collect();
        let more = none.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        (!none.is_empty()).then(|| format!("no test ran in {}{more}", names.join(", ")))
    }

    /// `no data race was found`, as far as that can be said.
    pub fn none_found(&self) -> &'static str {
        if !self.is_whole() {
            "not all was checked"
        } else if self.totals.processes == 0 && !self.runs.is_empty() {
            if self.units().any(|unit| unit.cached) {
                "nothing was run: results are from the cache"
            } else {
                "nothing was run"
            }
        } else {
            "no data race was found"
        }
    }

    /// The processes that wrote no closing record, each with what is known of why.
    pub fn unfinished(&self) -> Vec<String> {
        let open: Vec<&ProcessInfo> = self.processes.iter().filter(|process| !process.ended).collect();
        let mut lines: Vec<String> = open.iter().take(NAMED).map(|process| self.why_unfinished(process)).collect();
        let more = (self.totals.unfinished_processes as usize).saturating_sub(lines.len());
        if more > 0 {
            lines.push(format!("{more} more"));
        }
        lines
    }

    fn why_unfinished(&self, process: &ProcessInfo) -> String {
        let name = if process.exe.is_empty() { "a process that wrote nothing".to_owned() } else { process.exe.clone() };
        let name = if process.pid == 0 { name } else { format!("{name} (process {})", process.pid) };
        if process.still_running {
            return format!("{name} still runs");
        }
        let mut units = self.cut_short().filter(|unit| unit.binary() == process.exe);
        match (units.next(), units.next()) {
            (Some(unit), None) => format!("{name} {}", unit.state.words()),
            _ => format!("{name} panicked, crashed or was killed"),
        }
    }
}
