//! What was not built, not run or cut short is an error in every format, and never looks like "no data race".

mod common;

use common::{everything, render_to_string};
use hb_report::Report;
use hb_report::finding::ProcessInfo;
use hb_report::outcome::{Run, Unit, UnitState};
use hb_report::render::{Format, Options};
use serde_json::Value;

const ALL: [UnitState; 13] = [
    UnitState::Passed,
    UnitState::Failed,
    UnitState::NoTestFiles,
    UnitState::NoTestsRan,
    UnitState::NotBuilt,
    UnitState::NotVetted,
    UnitState::NotRun,
    UnitState::Panicked,
    UnitState::Crashed,
    UnitState::TimedOut,
    UnitState::Killed,
    UnitState::Exited,
    UnitState::Unfinished,
];

fn with(mut report: Report, states: &[UnitState]) -> Report {
    let unit = |state: &UnitState| Unit {
        package: format!("example.com/{}", state.word()),
        state: *state,
        cached: false,
        detail: format!("# example.com/x\n./x.go:3:5: undefined: <f>{}\nmore", state.word()),
    };
    let units = states.iter().map(unit).collect();
    report.runs.push(Run { command: "test".into(), status: Some(1), units, ..Run::default() });
    report
}

fn show(report: &Report, format: Format) -> String {
    render_to_string(report, format, &Options::default())
}

#[test]
fn what_was_cut_short_is_told_apart_in_every_format() {
    for report in [with(Report::default(), &ALL), with(everything(), &ALL)] {
        assert!(!report.is_whole());
        assert_eq!(report.cut_short().count(), 9);
        for format in Format::ALL {
            let text = show(&report, format).replace("\\_", "_").replace("&lt;", "<").replace("&gt;", ">");
            for state in ALL.iter().filter(|state| state.is_cut_short()) {
                let said = format!(
                    "example.com/{} {}: ./x.go:3:5: undefined: <f>{}",
                    state.word(),
                    state.words(),
                    state.word()
                );
                assert!(text.contains(&said), "{}: {said}\n{text}", format.name());
            }
            assert!(!text.to_lowercase().contains("no data race"), "{}\n{text}", format.name());
        }
    }
}

#[test]
fn an_upload_closes_nothing() {
    for state in ALL {
        let report = with(Report::default(), &[state]);
        let cut = state.is_cut_short();
        // Where nothing explains why go failed, that is the failure.
        let failed = cut || state != UnitState::Failed;
        let sarif: Value = serde_json::from_str(&show(&report, Format::Sarif)).unwrap();
        let invocation = &sarif["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], !failed, "{state:?}");
        assert_eq!(invocation["exitCode"], 1);
        let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(notifications.iter().any(|it| it["level"] == "error"), failed, "{state:?}");

        let junit = quick_junit::Report::deserialize_from_str(&show(&report, Format::Junit)).unwrap();
        assert_eq!(junit.errors > 0, failed, "{state:?}");
        let json: Value = serde_json::from_str(&show(&report, Format::Json)).unwrap();
        assert_eq!(json["whole"], !failed);
        assert_eq!(json["runs"][0]["units"][0]["state"], state.word());
        let lines = show(&report, Format::JsonLines);
        let run: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(run["whole"], !failed);
        assert_eq!(show(&report, Format::Github).contains("::error "), failed);
    }
}

#[test]
fn what_ended_from_outside_or_ran_nothing_is_no_clean_result() {
    let of = |run: Run| Report { runs: vec![run], ..Report::default() };
    let test = || Run { command: "test".into(), ..Run::default() };
    let interrupted = of(Run { signal: Some("SIGINT".into()), ..test() });
    assert_eq!(interrupted.failures(), ["go test was ended by SIGINT"]);
    let refused = of(Run { status: Some(2), ..test() });
    assert_eq!(refused.failures(), ["go test failed with status 2 before anything was run"]);
    assert!(!refused.is_whole() && !interrupted.is_whole());
    // Nothing was seen of the packages, and a test may have failed.
    assert!(of(Run { status: Some(1), unwatched: true, ..test() }).is_whole());
    assert!(of(Run { status: Some(0), ..test() }).is_whole());

    let unit = |cached| Unit { package: "p".into(), cached, ..Unit::default() };
    let all_cached = of(Run { status: Some(0), units: vec![unit(true)], ..test() });
    assert!(show(&all_cached, Format::Markdown).contains("Nothing was run: results are from the cache"));
    let none = of(Run { units: vec![Unit { state: UnitState::NoTestsRan, ..unit(false) }], ..test() });
    assert!(show(&none, Format::Text).contains("no test ran in p"));
    assert!(show(&none, Format::Junit).contains("<skipped"));
}

#[test]
fn a_process_without_an_end_says_which_and_why() {
    let mut report = with(Report::default(), &[UnitState::Panicked, UnitState::Killed]);
    let process = |pid, exe: &str| ProcessInfo { pid, exe: exe.into(), ..ProcessInfo::default() };
    report.processes = vec![process(7, "panicked.test"), process(8, "helper"), process(0, "")];
    report.processes[1].still_running = true;
    report.totals.processes = 4;
    report.totals.unfinished_processes = 3;
    let said = report.lesser_gaps().join("\n");
    assert_eq!(
        said,
        "3 of 4 processes wrote no closing record: panicked.test (process 7) panicked; helper (process 8) still runs; \
         a process that wrote nothing panicked, crashed or was killed"
    );
}
