//! What a race amounts to while its program waits is what the report says of it afterwards, though far less is looked at.

mod common;

use common::{fixture, options};
use hb_report::baseline::{Baseline, Entry};
use hb_report::finding::Status;
use hb_report::raw::{Race, Record, read_records};
use hb_report::{CollectOptions, Explainer, Finding, Report, classic};
use std::fs;
use std::path::{Path, PathBuf};

const TODAY: &str = "2026-06-30";

fn files(directory: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(fixture(directory)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn races(records: impl IntoIterator<Item = Record>) -> Vec<Race> {
    let race = |record| if let Record::Race(race) = record { Some(*race) } else { None };
    records.into_iter().filter_map(race).collect()
}

/// Races as the runtime recorded them, and as Go printed them, with their sources.
fn all() -> Vec<(CollectOptions, Race)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let of_corpus =
        CollectOptions { source_remaps: vec![("/corpus/".to_owned(), corpus)], ..CollectOptions::default() };
    let mut all = Vec::new();
    for file in files("tests/corpus") {
        let mut records = Vec::new();
        read_records(fs::read(file).unwrap().as_slice(), |record| records.push(record)).unwrap();
        all.extend(races(records).into_iter().map(|race| (of_corpus.clone(), race)));
    }
    for directory in files("tests/fixtures") {
        let text = fs::read_to_string(directory.join("race.txt")).unwrap();
        all.extend(races(classic::parse(&text)).into_iter().map(|race| (options(), race)));
    }
    all
}

/// What the report says.
fn afterwards(finding: &Finding, baseline: Option<&Baseline>) -> Status {
    let mut report = Report { findings: vec![finding.clone()], ..Report::default() };
    if let Some(baseline) = baseline {
        baseline.apply(&mut report, TODAY);
    }
    report.findings.remove(0).status
}

/// Entries that fit a finding, or nearly.
fn entries(finding: &Finding) -> Vec<Entry> {
    let fingerprint = Some(finding.fingerprint.clone());
    let mut entries = vec![Entry { fingerprint: fingerprint.clone(), ..Entry::default() }];
    for access in &finding.accesses {
        let function = Some(access.site.func.clone());
        let path = access.site.file.rsplit('/').next().map(str::to_owned).filter(|path| !path.is_empty());
        entries.extend([
            Entry { function: function.clone(), ..Entry::default() },
            Entry { function: function.clone(), fingerprint: Some("0123456789abcdef".to_owned()), ..Entry::default() },
            Entry { function: Some("main.nobody".to_owned()), fingerprint: fingerprint.clone(), ..Entry::default() },
            Entry { function, path, fingerprint: fingerprint.clone(), ..Entry::default() },
            Entry { package: Some("main".to_owned()), ..Entry::default() },
            Entry { fingerprint: fingerprint.clone(), expires: Some("2026-06-29".to_owned()), ..Entry::default() },
        ]);
    }
    entries
}

#[test]
fn a_race_is_judged_as_the_report_judges_it() {
    let (mut new, mut known) = (0, 0);
    for (options, race) in all() {
        let mut explainer = Explainer::new(&options);
        let finding = explainer.explain(race.clone());
        let entries = entries(&finding);
        let baselines =
            entries.into_iter().map(|entry| Some(Baseline { known: vec![Entry { reason: "r".to_owned(), ..entry }] }));
        for baseline in baselines.chain([None]) {
            let judged = explainer.judge(&mut race.clone(), baseline.as_ref(), TODAY);
            assert_eq!(judged, afterwards(&finding, baseline.as_ref()), "{} {baseline:?}", finding.title);
            *(if judged == Status::New { &mut new } else { &mut known }) += 1;
        }
    }
    assert!(new > 100 && known > 100, "{new} {known}");
}

#[test]
fn a_comment_counts_at_once_and_afterwards() {
    for directory in files("tests/fixtures") {
        let text = fs::read_to_string(directory.join("race.txt")).unwrap();
        for race in races(classic::parse(&text)) {
            let site = Explainer::new(&options()).explain(race.clone()).accesses[0].site.clone();
            let Some(name) = site.file.strip_prefix("/fix/") else { continue };
            // The same source with a comment on that line.
            let place = tempfile::tempdir().unwrap();
            let commented = place.path().join(name);
            fs::create_dir_all(commented.parent().unwrap()).unwrap();
            let source = fs::read_to_string(fixture("tests/fixtures").join(name)).unwrap();
            let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
            lines[site.line as usize - 1] += " //hb:ignore for the test";
            fs::write(&commented, lines.join("\n")).unwrap();
            let options = CollectOptions {
                source_remaps: vec![("/fix/".to_owned(), place.path().to_owned())],
                ..CollectOptions::default()
            };
            let mut explainer = Explainer::new(&options);
            let everything =
                Baseline { known: vec![Entry { path: Some("*.go".into()), reason: "r".into(), ..Entry::default() }] };
            for baseline in [None, Some(&everything)] {
                let judged = explainer.judge(&mut race.clone(), baseline, TODAY);
                assert!(matches!(&judged, Status::Ignored { reason, .. } if reason == "for the test"), "{judged:?}");
                assert_eq!(judged, afterwards(&explainer.explain(race.clone()), baseline));
            }
        }
    }
}
