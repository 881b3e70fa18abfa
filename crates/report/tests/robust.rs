//! Hostile names, killed processes, endless races, merging, baselines.

mod common;

use common::{everything, fixture, hostile, options, render_to_string, simple_race};
use hb_report::baseline::Baseline;
use hb_report::finding::{MAX_FINDINGS, Status};
use hb_report::raw::{End, Record};
use hb_report::render::{Format, Options};
use hb_report::{Collector, Report, collect};

#[test]
fn hostile_names_do_no_harm() {
    let report = hostile();
    for format in Format::ALL {
        let text = render_to_string(&report, format, &Options::default());
        let control = text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t');
        assert_eq!(control, None, "{format:?}");
        // The machine formats carry reordering marks as data (JSON); what people look at must not.
        if !matches!(format, Format::Json | Format::JsonLines) {
            assert!(!text.contains('\u{202e}'), "{format:?}");
        }
        if matches!(format, Format::Html | Format::Junit) {
            assert!(!text.contains("<img") && !text.contains("<script>alert"), "{format:?}");
        }
        if matches!(format, Format::Github | Format::Text | Format::Classic | Format::Markdown) {
            assert!(text.lines().skip(1).all(|line| !line.starts_with("::error::")), "{format:?}");
        }
    }
    // In Markdown, text between backquotes is shown as it stands; outside them nothing may be HTML but our own.
    let markdown = render_to_string(&report, Format::Markdown, &Options::default());
    let outside: String = markdown.split("``").step_by(2).collect();
    assert!(outside.contains("alert") && !outside.contains("<img") && !outside.contains("<script"), "{outside}");
    let html = render_to_string(&report, Format::Html, &Options::default());
    assert_eq!(html.matches("<script").count(), 1);
    assert!(!html.contains("http-equiv=\"refresh\"") && !html.contains("src=\"") && !html.contains("href=\"http"));
}

#[test]
fn ten_thousand_races_stay_bounded() {
    let mut collector = Collector::new(&options());
    let functions: Vec<String> = (0..10_000).map(|number| format!("main.f{number}")).collect();
    let races = functions.iter().map(|name| Record::Race(Box::new(simple_race((name, 3), ("main.g", 4)))));
    collector.take(races);
    // And one race over and over, from other goroutines.
    collector.take((0..10_000u64).map(|gid| {
        let mut race = simple_race(("main.f0", 3), ("main.g", 4));
        race.accesses[0].gid = gid;
        race.accesses[1].addr.0 += gid * 8;
        Record::Race(Box::new(race))
    }));
    let report = collector.finish();
    assert_eq!(report.findings.len(), MAX_FINDINGS);
    assert_eq!(report.totals.races, 20_000);
    assert_eq!(report.totals.findings_dropped, 10_000 - MAX_FINDINGS as u64);
    assert_eq!(report.findings[0].counts.occurrences, 10_001);
    assert_eq!(report.findings[0].counts.processes, 2);
    let text = render_to_string(&report, Format::Text, &Options::default());
    assert!(text.lines().count() < 600, "{} lines", text.lines().count());
    assert!(text.contains("9000 more races were counted but not kept"));
    for format in Format::ALL {
        let length = render_to_string(&report, format, &Options::default()).len();
        assert!(length < 10 << 20, "{format:?}: {length} bytes");
    }
}

/// A package that races everywhere does not hide the races of others, whichever comes first, within one run and among several.
#[test]
fn a_flood_leaves_room_for_others() {
    let flood = |package: &str| -> Vec<Record> {
        let name = |number| format!("example.com/{package}.f{number}");
        let race = |number| Record::Race(Box::new(simple_race((&name(number), 3), (&name(number), 4))));
        (0..3000).map(race).collect()
    };
    let few = |package: &str| -> Vec<Record> { flood(package).into_iter().take(3).collect() };
    let report = |parts: Vec<Vec<Record>>| {
        let mut collector = Collector::new(&options());
        parts.into_iter().for_each(|records| collector.take(records));
        collector.finish()
    };
    let of = |report: &Report, package: &str| {
        let start = format!("example.com/{package}.");
        report.findings.iter().filter(|finding| finding.accesses[0].site.func.starts_with(&start)).count()
    };
    let check = |report: &Report| {
        assert_eq!(report.findings.len(), MAX_FINDINGS);
        assert_eq!((of(report, "few"), of(report, "rare")), (3, 3));
        let kept = [of(report, "loud"), of(report, "noisy")];
        assert!(kept.iter().all(|kept| (MAX_FINDINGS / 2 - 10..=MAX_FINDINGS / 2).contains(kept)), "{kept:?}");
        assert_eq!(report.totals.races, 6006);
        assert_eq!(report.totals.findings_dropped, 6006 - MAX_FINDINGS as u64);
        let mut fingerprints: Vec<&str> = report.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), MAX_FINDINGS);
    };
    check(&report(vec![few("few"), flood("loud"), flood("noisy"), few("rare")]));
    let mut merged = report(vec![few("few"), flood("loud")]);
    merged.merge(report(vec![flood("noisy"), few("rare")]));
    check(&merged);
}

#[test]
fn a_directory_of_processes_is_collected() {
    let dir = tempfile::tempdir().unwrap();
    let race = serde_json::to_string(&Record::Race(Box::new(simple_race(("main.f", 3), ("main.g", 4))))).unwrap();
    let end = serde_json::to_string(&Record::End(End { races: 1, exit: Some(66) })).unwrap();
    std::fs::write(dir.path().join("1-1.jsonl"), format!("{race}\n{end}\n")).unwrap();
    std::fs::write(dir.path().join("2-1.jsonl"), format!("{race}\n{}", &race[..50])).unwrap();
    std::fs::write(dir.path().join("3-1.jsonl"), b"\xff\xfe\0\0\n\n").unwrap();
    std::fs::write(dir.path().join("notes.txt"), "not ours").unwrap();
    let report = collect(dir.path(), &options()).unwrap();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].counts.occurrences, 2);
    assert_eq!(report.findings[0].counts.processes, 2);
    // The torn one, and the one that holds nothing readable.
    assert_eq!(report.totals.unfinished_processes, 2);
    assert_eq!(report.totals.damaged_lines, 2);
    assert!(collect(&dir.path().join("absent"), &options()).is_err());
}

#[test]
fn reports_are_saved_loaded_and_merged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let report = everything();
    report.save(&path).unwrap();
    let mut loaded = Report::load(&path, &options()).unwrap();
    assert_eq!(loaded, report);
    loaded.merge(report.clone());
    assert_eq!(loaded.findings.len(), report.findings.len());
    assert_eq!(loaded.totals.races, 2 * report.totals.races);
    // Go's own text and raw records load too; anything else is an error that names the file.
    assert_eq!(Report::load(&fixture("tests/fixtures/cache/race.txt"), &options()).unwrap().findings.len(), 1);
    for (text, want) in
        [("hello\n", "neither"), ("{}", "schema"), ("{\"schema\":99}", "later hb"), ("{\"schema\":1", "EOF")]
    {
        std::fs::write(&path, text).unwrap();
        let error = Report::load(&path, &options()).unwrap_err().to_string();
        assert!(error.contains(want) && error.contains("report.json"), "{error}");
    }
}

#[test]
fn fingerprints_survive_line_shifts_and_other_goroutines() {
    let dir = tempfile::tempdir().unwrap();
    let source = std::fs::read_to_string(fixture("tests/fixtures/counter/main.go")).unwrap();
    let text = std::fs::read_to_string(fixture("tests/fixtures/counter/race.txt")).unwrap();
    let file = dir.path().join("main.go");
    let one = |shift: usize, text: &str| {
        std::fs::write(&file, format!("{}{source}", "// moved\n".repeat(shift))).unwrap();
        let shifted = text
            .replace("/fix/counter/main.go", file.to_str().unwrap())
            .replace("main.go:12", &format!("main.go:{}", 12 + shift));
        let mut collector = Collector::new(&options());
        collector.take(hb_report::classic::parse(&shifted));
        collector.finish().findings[0].fingerprint.clone()
    };
    let before = one(0, &text);
    let after = one(7, &text.replace("goroutine 8", "goroutine 88").replace("Goroutine 8 ", "Goroutine 88 "));
    assert_eq!(before, after);
    // A race elsewhere is another one.
    assert_ne!(before, one(0, &text.replace("main.add", "main.sub")));
}

#[test]
fn the_baseline_decides_what_is_new() {
    let mut report = everything();
    let before = report.new_findings().count();
    let written = Baseline::of_new(&report, "present state");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hb-baseline.toml");
    written.append_to(&path).unwrap();
    let loaded = Baseline::load(&path).unwrap();
    assert_eq!(loaded, written);
    let applied = loaded.apply(&mut report, "2026-11-24");
    assert_eq!((applied.known, report.new_findings().count()), (before, 0));
    assert!(applied.stale.is_empty());

    let mut report = everything();
    let text = "[[known]]\nfunction = \"main.(*Cache).Get\"\nreason = \"r\"\n\n[[known]]\npackage = \"example.com/fix/...\"\nreason = \"r\"\nexpires = \"2026-11-23\"\n\n[[known]]\npath = \"lazy/*.go\"\nreason = \"r\"\nexpires = \"2026-11-24\"\n\n[[known]]\nfunction = \"main.gone\"\nreason = \"r\"\n";
    let applied = Baseline::parse(text).unwrap().apply(&mut report, "2026-11-24");
    assert_eq!(
        applied.known,
        1 + report.findings.iter().filter(|finding| finding.accesses[0].site.file.contains("/lazy/")).count()
    );
    assert_eq!(applied.stale.len(), 1);
    assert_eq!(applied.expired.len(), 1);
    assert!(report.notes.iter().any(|note| note.contains("main.gone") && note.contains("one entry matches nothing")));
    // Another baseline says something else, of a saved report too.
    let notes = report.notes.len();
    Baseline::default().apply(&mut report, "2026-11-24");
    assert_eq!((report.new_findings().count(), report.notes.len()), (before, notes - 2));
    std::fs::write(&path, "[[known]]\nreason = 3\n").unwrap();
    let error = Baseline::load(&path).unwrap_err().to_string();
    assert!(error.contains("line 2, column 10"), "{error}");
}

#[test]
fn ignore_comments_are_honoured() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("main.go");
    let source = std::fs::read_to_string(fixture("tests/fixtures/counter/main.go")).unwrap();
    let text = std::fs::read_to_string(fixture("tests/fixtures/counter/race.txt")).unwrap();
    let text = text.replace("/fix/counter/main.go", file.to_str().unwrap());
    for (comment, ignored) in
        [("//hb:ignore only a statistic", true), ("//hb:ignore", false), ("// hb:ignore x", false)]
    {
        std::fs::write(&file, source.replace("total++", &format!("total++ {comment}"))).unwrap();
        let mut collector = Collector::new(&options());
        collector.take(hb_report::classic::parse(&text));
        let report = collector.finish();
        assert_eq!(matches!(report.findings[0].status, Status::Ignored { .. }), ignored, "{comment}");
        assert_eq!(report.notes.len(), usize::from(comment == "//hb:ignore"));
    }
}
