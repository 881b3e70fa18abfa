//! Fixture programs, raced under stock `-race`, rendered every way; expected files are blessed with `INSTA_UPDATE=always`.

use hb_report::finding::Totals;
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
    let lines = text(&report, Format::JsonLines, &shown());
    let (findings, run) = lines.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(findings.lines().count(), report.findings.len());
    assert!(findings.lines().all(|line| line.starts_with("{\"type\":\"finding\",\"fingerprint\":\"")));
    insta::assert_snapshot!("all_jsonl_run", run);
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

/// What may be missing from a report is said wherever a format has a place for it.
#[test]
fn every_format_says_what_may_be_missing() {
    let mut report = everything();
    report.notes.push("baseline: one\u{1b}[2J::error::]]><b>".to_owned());
    let Totals { unfinished_processes, findings_dropped, .. } = &mut report.totals;
    (*unfinished_processes, *findings_dropped) = (1, 7);
    let said = [
        "the limit \"history\" was reached 3 times",
        "1 of ",
        "7 more races were counted but not kept",
        "baseline: one",
    ];
    for format in Format::ALL {
        for (report, any) in [(&report, true), (&Report { findings: Vec::new(), ..report.clone() }, false)] {
            let text = text(report, format, &shown());
            // As it stands in JSON, XML, HTML and Markdown.
            let plain = text.replace("\\\"", "\"").replace("&quot;", "\"").replace("&#39;", "'");
            for said in said {
                // The whole report has them as they were counted.
                assert!(format == Format::Json || plain.contains(said), "{} {any}: {said}\n{text}", format.name());
            }
        }
    }
    let classic = text(&report, Format::Classic, &shown());
    let (_, behind) = classic.rsplit_once("==================\n").unwrap();
    assert!(behind.lines().rev().skip(1).all(|line| line.starts_with("hb: ")), "{behind}");
    assert!(behind.ends_with(" data race(s)\n"), "{behind}");
    // Whoever reads the text finds the same races.
    let again = classic::parse(&classic);
    assert_eq!(again.len(), report.new_findings().count() + 1);

    let github = text(&report, Format::Github, &shown());
    assert_eq!(github.matches("\n::warning title=hb::").count(), 1, "{github}");
    let last = github.lines().last().unwrap();
    assert!(last.starts_with("::notice title=hb::baseline: one") && !last.contains('\u{1b}'), "{last}");
    let junit = text(&report, Format::Junit, &shown());
    assert_eq!(junit.matches("<system-err>").count(), junit.matches("<testsuite ").count());
    let nothing = Report::default();
    for format in [Format::Classic, Format::Github] {
        assert_eq!(text(&nothing, format, &shown()), "");
    }
    assert!(!text(&nothing, Format::Junit, &shown()).contains("system-err"));
}
