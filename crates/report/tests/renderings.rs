//! Fixture programs, raced under stock `-race`, rendered every way; expected files are blessed with `INSTA_UPDATE=always`.

use hb_report::render::{Format, Options, render};
use hb_report::{CollectOptions, Collector, Report, classic};
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn options() -> CollectOptions {
    CollectOptions { source_remaps: vec![("/fix/".to_owned(), fixtures())], ..CollectOptions::default() }
}

fn shown() -> Options {
    Options { relative_to: Some("/fix".into()), ..Options::default() }
}

fn names() -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn stock(name: &str) -> Report {
    let text = std::fs::read_to_string(fixtures().join(name).join("race.txt")).unwrap();
    let mut collector = Collector::new(&options());
    collector.take(classic::parse(&text));
    collector.finish()
}

fn text(report: &Report, format: Format, options: &Options) -> String {
    let mut out = Vec::new();
    render(report, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn explanations_of_stock_races() {
    for name in names() {
        insta::assert_snapshot!(format!("text_{name}"), text(&stock(&name), Format::Text, &shown()));
    }
}

fn raw(path: &Path) -> Report {
    let mut collector = Collector::new(&options());
    collector.read(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    collector.finish()
}

/// Locks, channels, a lost stack, a limit and a process killed in the middle of a line, with no source at hand.
#[test]
fn explanations_from_the_runtime() {
    let report = raw(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/raw/locks.jsonl"));
    insta::assert_snapshot!("raw_locks", text(&report, Format::Text, &shown()));
}

/// All fixtures in one report, with one finding known and one ignored.
fn everything() -> Report {
    let mut report = raw(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/raw/locks.jsonl"));
    for name in names() {
        report.merge(stock(&name));
    }
    let entry = "[[known]]\nfunction = \"main.add\"\nreason = \"statistics only\"\n";
    hb_report::baseline::Baseline::parse(entry).unwrap().apply(&mut report, "2026-01-01");
    report
}

#[test]
fn the_machine_formats_stay_as_they_are() {
    let report = everything();
    for format in [Format::Classic, Format::Github, Format::Markdown] {
        insta::assert_snapshot!(format!("all_{}", format.name()), text(&report, format, &shown()));
    }
    let counter = stock("counter");
    for format in [Format::Json, Format::Sarif] {
        insta::assert_snapshot!(format!("counter_{}", format.name()), text(&counter, format, &shown()));
    }
    assert_eq!(text(&report, Format::JsonLines, &shown()).lines().count(), report.findings.len());
}

#[test]
fn colour_and_width() {
    let report = stock("cache");
    let narrow = text(&report, Format::Text, &Options { width: 60, ..shown() });
    let longest = narrow.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(longest <= 64, "{longest}\n{narrow}");
    assert!(!narrow.contains('\u{1b}'));
    let coloured = text(&report, Format::Text, &Options { color: true, ..shown() });
    assert!(coloured.contains("\u{1b}[1;31m"));
}
