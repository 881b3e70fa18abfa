//! How a run went: what became of each package under test, or of the program, for the report.

use crate::command::GoCommand;
use crate::findings::Directory;
use crate::process::{Ended, Ending};
use hb_report::Report;
use hb_report::outcome::{Run, Unit, UnitState};
use std::process::Stdio;

/// Longest text kept of why something is not built, in bytes.
const LONGEST_DETAIL: usize = 4 << 10;

/// Of `go test`; `units` are none where its output was not read.
pub fn of_tests(units: Option<Vec<Unit>>, ended: Ended, report: &Report) -> Run {
    let unwatched = units.is_none();
    let mut units = units.unwrap_or_default();
    for unit in units.iter_mut().filter(|unit| unit.state == UnitState::Exited) {
        // One that exits by itself says so in its findings; what is left printed nothing of its end.
        let binary = unit.binary();
        if report.processes.iter().any(|process| process.exe == binary && !process.ended) {
            unit.state = UnitState::Unfinished;
        }
    }
    Run { units, unwatched, ..of("test", ended) }
}

/// Of `go run`, which says of its program no more than that it failed.
pub fn of_program(go: &GoCommand, ended: Ended, report: &Report, findings: &Directory) -> Run {
    let mut run = of("run", ended);
    // The program itself is what none of the others started.
    let pids: Vec<u32> = report.processes.iter().map(|process| process.pid).collect();
    let first = report.processes.iter().find(|process| !pids.contains(&process.ppid));
    let (state, detail) = match first {
        Some(process) if process.ended && run.status == Some(0) => (UnitState::Passed, String::new()),
        Some(process) if process.ended => (UnitState::Failed, String::new()),
        Some(_) if run.signal.is_some() => (UnitState::Killed, run.signal.clone().unwrap_or_default()),
        Some(_) if run.status == Some(0) => (UnitState::Passed, String::new()),
        Some(_) => (UnitState::Unfinished, String::new()),
        None if run.status == Some(0) => return run,
        None => match not_built(go, findings) {
            Some(detail) => (UnitState::NotBuilt, detail),
            None => (UnitState::NotRun, String::new()),
        },
    };
    run.units = vec![Unit { package: go.operand(), state, cached: false, detail }];
    run
}

fn of(command: &str, ended: Ended) -> Run {
    let (status, signal) = match ended.ending {
        Ending::Status(status) => (Some(status), ended.asked.filter(|_| status != 0)),
        Ending::Signal(signal) => (None, Some(signal)),
    };
    let signal = signal.map(|signal| signal.as_str().to_owned());
    Run { command: command.to_owned(), status, signal, ..Run::default() }
}

/// Why the program of a `go run` does not build, if it does not: nothing but building it again tells, of which all but the failing part is in
/// the go command's cache.
fn not_built(go: &GoCommand, findings: &Directory) -> Option<String> {
    let mut command = go.building(&findings.path().join("built"))?;
    let output = command.stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| said[..said.floor_char_boundary(LONGEST_DETAIL)].to_owned())
}
