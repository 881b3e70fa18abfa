//! The racy corpus, as hb's runtime recorded it: every explanation is an expected file (bless with
//! `INSTA_UPDATE=always`), and the counts of right names and fitting suggestions are held against the programs' own
//! `hb:expect` lines.
//!
//! The heuristics were made while looking at these programs, so the counts say that nothing got worse, not how well other
//! programs are explained. To record anew: `hb --format raw --output FILE run ./racy/NAME` in `corpus/`, with the corpus's
//! path replaced by `/corpus`.

mod common;

use common::{fixture, render_to_string};
use hb_report::finding::Shape;
use hb_report::render::{Format, Options};
use hb_report::{CollectOptions, Finding, Report};
use std::path::{Path, PathBuf};

/// Suggestions and names that are known not to be what the program's author had in mind.
const WRONG_NAMES: &[(&str, &str)] =
    &[("append-spare-capacity", "names the new slice header, not the shared array below it")];
const WRONG_SUGGESTIONS: &[(&str, &str)] = &[
    ("channel-cap", "says to wait for the goroutine; the author would set the value before it starts"),
    ("many-readers", "says to set the value before the readers start; the author waits for them"),
    ("parallel-fixture", "a bool of a fixture closed too early looks like a flag"),
    ("select-default", "a map that is built once and handed over looks like a shared map"),
];

/// Programs whose missing edge the report does not put as their author does.
const WRONG_EDGES: &[(&str, &str)] = &[
    (
        "linked-list-unlock-early",
        "the lock is given back before other calls that hide it; only that the two run side by side is said",
    ),
    (
        "many-readers",
        "of the many readers the one that was left behind is told of, as a goroutine that nobody waits for",
    ),
    (
        "test-background",
        "the two have no goroutine of the test above both but the test runner's, so no edge is singled out",
    ),
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

fn recordings() -> Vec<(String, Report)> {
    let options = CollectOptions { source_remaps: vec![("/corpus/".to_owned(), corpus())] };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(fixture("tests/corpus")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), Report::load(&file, &options).unwrap()))
        .collect()
}

/// `variable=… what=… missing=… fits=…` of a program.
fn expected(name: &str, key: &str) -> String {
    let directory = corpus().join("racy").join(name);
    let text: String = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("//hb:expect "))
        .unwrap_or_else(|| panic!("{name}: no hb:expect"));
    let value = line.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("{name}: no {key}")).to_owned()
}

#[test]
fn explanations_stay_as_they_are() {
    for (name, report) in recordings() {
        let options = Options { relative_to: Some("/corpus/racy".into()), ..Options::default() };
        insta::assert_snapshot!(format!("corpus_{name}"), render_to_string(&report, Format::Text, &options));
    }
}

/// The last name, without what stands in brackets.
fn leaf(name: &str) -> String {
    name.split('[').next().unwrap().rsplit('.').next().unwrap().to_lowercase()
}

#[test]
fn variables_are_named_right() {
    let all = recordings();
    let wrong: Vec<&str> = all
        .iter()
        .filter(|(name, report)| {
            !report.findings.iter().any(|finding| leaf(&finding.variable.name) == leaf(&expected(name, "variable")))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    println!("{} of {} variables named right", all.len() - wrong.len(), all.len());
    assert_eq!(wrong, WRONG_NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    assert!(all.len() >= 80 && wrong.len() * 20 <= all.len());
}

/// The remedies, in the corpus's words, that a finding's suggestion amounts to.
fn remedies(finding: &Finding) -> Vec<&'static str> {
    let suggestion = finding.suggestion.as_ref().unwrap();
    let mut words: Vec<&str> = match suggestion.shape {
        Shape::Counter => vec!["atomic", "mutex"],
        Shape::Flag => vec!["atomic", "close-channel", "channel"],
        Shape::Map => vec!["mutex", "rwmutex"],
        Shape::SeveralFields => vec!["mutex"],
        Shape::PointerPublication => vec!["atomic-pointer"],
        Shape::GoroutineResult => vec!["channel", "waitgroup", "mutex"],
        Shape::LazyInit => vec!["once"],
        Shape::LoopVariable => vec!["loop-variable", "own-copy"],
        Shape::ReadMostly => vec!["rwmutex", "atomic-pointer", "mutex"],
        Shape::SliceAppend => vec!["mutex", "own-copy"],
        Shape::MixedAtomic => vec!["atomic"],
        Shape::LateWrite => vec!["before-go", "channel"],
        Shape::Other => vec!["mutex", "channel"],
    };
    if suggestion.text.contains("atomic.") {
        words.push("atomic");
    }
    for near in &finding.near_misses {
        words.extend(match near.kind.as_str() {
            "lock_on_one_side" | "different_mutexes" | "failed_trylock" => vec!["same-lock", "mutex"],
            "copied_mutex" => vec!["mutex"],
            "write_under_rlock" => vec!["rwmutex", "mutex"],
            "add_inside" => vec!["waitgroup"],
            "after_release" => vec!["before-release", "own-copy"],
            _ => vec![],
        });
    }
    words
}

#[test]
fn suggestions_fit() {
    let all = recordings();
    let wrong: Vec<&str> = all
        .iter()
        .filter(|(name, report)| {
            let fits = expected(name, "fits");
            !report.findings.iter().flat_map(remedies).any(|word| fits.split('|').any(|fit| fit == word))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    println!("{} of {} suggestions fit", all.len() - wrong.len(), all.len());
    assert_eq!(wrong, WRONG_SUGGESTIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    assert!(wrong.len() * 20 <= all.len());
}

/// The missing edge, in the corpus's words, that a finding speaks of: by its near misses, else by what it says of the two goroutines.
fn edges(finding: &Finding) -> Vec<&'static str> {
    let mut words: Vec<&str> = finding
        .near_misses
        .iter()
        .filter_map(|near| {
            Some(match near.kind.as_str() {
                "lock_on_one_side" => "not-held",
                "different_mutexes" => "different-locks",
                "write_under_rlock" => "write-under-rlock",
                "mixed_atomic" => "plain-beside-atomic",
                "add_inside" => "add-inside",
                "buffered_channel" => "buffered-receive semaphore-too-wide",
                "copied_mutex" => "copied-lock",
                "after_release" => "after-release",
                "failed_trylock" => "failed-trylock",
                "sleep" => "polling",
                _ => return None,
            })
        })
        .flat_map(|words| words.split(' '))
        .collect();
    // Words that need more than the two goroutines' kinship: a report without the near miss is wrong there.
    let missing = &finding.why.missing;
    if missing.contains("without waiting for it") {
        words.extend(["unjoined", "polling", "observed-nothing", "callback"]);
    } else if missing.contains("only after that") {
        words.extend(["unjoined", "observed-nothing"]);
    } else if missing.contains("run side by side") || missing.contains("no chain of synchronisation") {
        words.extend(["siblings", "callback"]);
    }
    words
}

#[test]
fn missing_edges_are_right() {
    let all = recordings();
    let wrong: Vec<&str> = all
        .iter()
        .filter(|(name, report)| {
            let missing = expected(name, "missing");
            !report.findings.iter().flat_map(edges).any(|word| missing.split('|').any(|want| want == word))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    println!("{} of {} missing edges right", all.len() - wrong.len(), all.len());
    assert_eq!(wrong, WRONG_EDGES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    assert!(wrong.len() * 20 <= all.len());
}
