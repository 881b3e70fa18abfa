//! Reports that several tests use.
#![allow(dead_code, reason = "each test file uses its own part")]

use hb_report::raw::{Access, Addr, End, Frame, Object, ObjectKind, Op, Process, Race, Record, SyncEvent};
use hb_report::render::{Format, Options, render};
use hb_report::{CollectOptions, Collector, Report, classic};
use std::path::{Path, PathBuf};

/// A file of this crate.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where the fixtures' sources are.
pub fn options() -> CollectOptions {
    CollectOptions { source_remaps: vec![("/fix/".to_owned(), fixture("tests/fixtures"))], ..CollectOptions::default() }
}

/// All fixture programs' races in one report.
pub fn everything() -> Report {
    let mut report = Report::load(&fixture("tests/raw/locks.jsonl"), &options()).unwrap();
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(fixture("tests/fixtures")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for directory in names {
        let text = std::fs::read_to_string(directory.join("race.txt")).unwrap();
        let mut collector = Collector::new(&options());
        collector.take(classic::parse(&text));
        report.merge(collector.finish());
    }
    report
}

/// What hb's runtime recorded of the racy corpus, in one report.
pub fn recorded() -> Report {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let options = CollectOptions { source_remaps: vec![("/corpus/".to_owned(), corpus)], ..CollectOptions::default() };
    let mut report = Report::default();
    for entry in std::fs::read_dir(fixture("tests/corpus")).unwrap() {
        report.merge(Report::load(&entry.unwrap().path(), &options).unwrap());
    }
    report
}

/// One race whose two sites are in functions `a` and `b` at the given lines of files that do not exist.
pub fn simple_race(a: (&str, u32), b: (&str, u32)) -> Race {
    let access = |op, gid, (func, line): (&str, u32)| Access {
        op,
        gid,
        addr: Addr(0xc0_0000_1000),
        size: 8,
        stack: vec![Frame { func: func.to_owned(), file: "/nowhere/x.go".to_owned(), line, ..Frame::default() }],
        ..Access::default()
    };
    Race { accesses: [access(Op::Write, 7, a), access(Op::Read, 8, b)], ..Race::default() }
}

/// What a program could put into its names to harm whoever looks.
pub const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;t\u{7}<script>alert(1)</script>\"'`|]]>--><img src=x onerror=alert(2)>\n::error::\r\u{202e}&amp;${{7*7}}\u{0}\u{fffe}";

/// A report full of hostile names.
pub fn hostile() -> Report {
    let bad = || HOSTILE.to_owned();
    let mut race = simple_race((HOSTILE, 3), ("main.f", 4));
    let frame = Frame { func: bad(), file: format!("/a b/{HOSTILE}.go"), line: 3, ..Frame::default() };
    for access in &mut race.accesses {
        access.stack = vec![frame.clone(), Frame { func: format!("p.Test{HOSTILE}"), ..frame.clone() }];
        access.created = vec![frame.clone()];
        access.test = Some(bad());
        access.sync = vec![SyncEvent { op: bad(), stack: vec![frame.clone()], ..SyncEvent::default() }];
    }
    race.object = Some(Object {
        kind: ObjectKind::Global,
        name: Some(bad()),
        type_name: Some(bad()),
        alloc: vec![frame],
        ..Object::default()
    });
    race.tests_running = vec![bad()];
    let mut collector = Collector::new(&options());
    collector.take([
        Record::Process(Process { exe: bad(), goversion: bad(), ..Process::default() }),
        Record::Race(Box::new(race)),
        Record::Limit(hb_report::raw::Limit { name: bad(), count: 1 }),
        Record::End(End::default()),
    ]);
    collector.finish()
}

/// A rendering as text.
pub fn render_to_string(report: &Report, format: Format, options: &Options) -> String {
    let mut out = Vec::new();
    render(report, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
