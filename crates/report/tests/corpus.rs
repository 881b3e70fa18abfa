//! The racy corpus, as hb's runtime recorded it: every explanation is an expected file (bless with
//! `INSTA_UPDATE=always`), and the counts of right names and fitting suggestions are held against the programs' own
//! `hb:expect` lines.
//!
//! The explanations were made while looking at these programs, so the counts say that nothing got worse, not how well other
//! programs are explained. That says the second set, `corpus/unseen`: written when the explanations were finished, after races that were fixed in
//! public modules. To record anew: `hb --format raw --output FILE run ./racy/NAME` in `corpus/`, with the corpus's
//! path replaced by `/corpus`.

mod common;

use common::{fixture, render_to_string};
use hb_report::finding::Shape;
use hb_report::render::{Format, Options};
use hb_report::{CollectOptions, Finding, Report};
use std::path::{Path, PathBuf};

/// Suggestions and names that are known not to be what the program's author had in mind.
const WRONG_NAMES: &[(&str, &str)] = &[];
const WRONG_SUGGESTIONS: &[(&str, &str)] = &[
    ("channel-cap", "says to wait for the goroutine; the author would set the value before it starts"),
    ("many-readers", "says to set the value before the readers start; the author waits for them"),
    ("select-default", "a map that is built once and handed over looks like a shared map"),
];

/// Programs whose missing edge the report does not put as their author does.
const WRONG_EDGES: &[(&str, &str)] = &[
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

/// Where programs are, and where what was recorded of them is.
#[derive(Clone, Copy)]
struct Set {
    programs: &'static str,
    recorded: &'static str,
}

const CORPUS: Set = Set { programs: "racy", recorded: "tests/corpus" };
const UNSEEN: Set = Set { programs: "unseen", recorded: "tests/unseen" };

fn recordings(set: Set) -> Vec<(String, Report)> {
    let options =
        CollectOptions { source_remaps: vec![("/corpus/".to_owned(), corpus())], ..CollectOptions::default() };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(fixture(set.recorded)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), Report::load(&file, &options).unwrap()))
        .collect()
}

/// `variable=… what=… missing=… fits=…` of a program.
fn expected(set: Set, name: &str, key: &str) -> String {
    let directory = corpus().join(set.programs).join(name);
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
    for (name, report) in recordings(CORPUS) {
        let options = Options { relative_to: Some("/corpus/racy".into()), ..Options::default() };
        insta::assert_snapshot!(format!("corpus_{name}"), render_to_string(&report, Format::Text, &options));
    }
}

/// The last name, without what stands in brackets.
fn leaf(name: &str) -> String {
    name.split('[').next().unwrap().rsplit('.').next().unwrap().to_lowercase()
}

/// Names of the programs that are not right in a set.
fn wrong_ones(set: Set, what: &str, right: impl Fn(&str, &Report) -> bool) -> Vec<String> {
    let all = recordings(set);
    let wrong: Vec<String> =
        all.iter().filter(|(name, report)| !right(name, report)).map(|(name, _)| name.clone()).collect();
    println!("{}: {} of {} {what}", set.programs, all.len() - wrong.len(), all.len());
    assert!(all.len() >= 60 && wrong.len() * 20 <= all.len(), "{wrong:?}");
    wrong
}

fn known(list: &[(&str, &str)]) -> Vec<String> {
    list.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn variables_are_named_right() {
    for (set, wrong) in [(CORPUS, WRONG_NAMES), (UNSEEN, UNSEEN_NAMES)] {
        let right = |name: &str, report: &Report| {
            report.findings.iter().any(|finding| leaf(&finding.variable.name) == leaf(&expected(set, name, "variable")))
        };
        assert_eq!(wrong_ones(set, "variables named right", right), known(wrong));
    }
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
        Shape::WaitGroupAdd => vec!["waitgroup"],
        Shape::ChannelClose => vec!["channel", "close-channel"],
        Shape::SharedArray => vec!["own-copy"],
        Shape::Other => vec!["mutex", "channel"],
    };
    // What it says in so many words.
    if suggestion.text.contains("atomic.") {
        words.push("atomic");
    }
    if suggestion.text.contains("by a mutex") {
        words.push("mutex");
    }
    for near in &finding.near_misses {
        words.extend(match near.kind.as_str() {
            "lock_on_one_side" | "different_mutexes" | "failed_trylock" | "lock_released_early" => {
                vec!["same-lock", "mutex"]
            }
            "semaphore_too_wide" => vec!["mutex", "same-lock"],
            "once_on_one_side" | "double_checked" => vec!["once", "atomic", "same-lock"],
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
    for (set, wrong) in [(CORPUS, WRONG_SUGGESTIONS), (UNSEEN, UNSEEN_SUGGESTIONS)] {
        let right = |name: &str, report: &Report| {
            let fits = expected(set, name, "fits");
            report.findings.iter().flat_map(remedies).any(|word| fits.split('|').any(|fit| fit == word))
        };
        assert_eq!(wrong_ones(set, "suggestions fit", right), known(wrong));
    }
}

/// The lines marked `race: a` and `race: b` in a program: file name and line, as reports write them.
fn marked(set: Set, name: &str) -> [Vec<String>; 2] {
    let mut sides = [Vec::new(), Vec::new()];
    for entry in std::fs::read_dir(corpus().join(set.programs).join(name)).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let Some((_, marks)) = line.split_once("// race:") else { continue };
            for (side, letter) in sides.iter_mut().zip(['a', 'b']) {
                if marks.split_whitespace().any(|mark| mark.starts_with(letter)) {
                    side.push(format!("{file}:{}", number + 1));
                }
            }
        }
    }
    sides
}

/// Whether the sentence says of both sides where they are, at the lines that the program's author has marked.
fn speaks_of_both(set: Set, name: &str, sentence: &str) -> bool {
    // Not a part of a longer number.
    let says = |place: &String| {
        sentence
            .match_indices(place.as_str())
            .any(|(at, _)| !sentence[at + place.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    marked(set, name).iter().all(|side| side.iter().any(says))
}

/// The missing edge, in the corpus's words, that a finding speaks of: by a near miss where there is one to be named, else by what the sentence
/// says of the two goroutines, where it names the `go` statement and both marked lines.
fn edges(set: Set, name: &str, finding: &Finding) -> Vec<&'static str> {
    let mut words: Vec<&str> = finding
        .near_misses
        .iter()
        .filter_map(|near| {
            Some(match near.kind.as_str() {
                "lock_on_one_side" | "once_on_one_side" | "lock_released_early" | "double_checked" => "not-held",
                "different_mutexes" => "different-locks",
                "write_under_rlock" => "write-under-rlock",
                "mixed_atomic" => "plain-beside-atomic",
                "add_inside" => "add-inside",
                "buffered_channel" => "buffered-receive",
                "semaphore_too_wide" => "semaphore-too-wide",
                "copied_mutex" => "copied-lock",
                "after_release" => "after-release",
                "failed_trylock" => "failed-trylock",
                "unseen_store" => "observed-nothing",
                "sleep" => "polling",
                _ => return None,
            })
        })
        .collect();
    let missing = &finding.why.missing;
    if !speaks_of_both(set, name, missing) {
        return words;
    }
    if missing.contains("in a goroutine of its own") {
        words.push("callback");
        // Of two that the runtime runs, neither started the other.
        if missing.matches(", run by ").count() == 2 || missing.contains("not ordered among each other") {
            words.push("siblings");
        }
    } else if missing.contains(" was started at ") {
        words.extend(["unjoined", "observed-nothing"]);
    } else if missing.contains("run side by side")
        || finding.why.facts.iter().filter(|fact| fact.contains(" was started at ")).count() == 2
    {
        words.push("siblings");
    }
    words
}

#[test]
fn missing_edges_are_right() {
    for (set, wrong) in [(CORPUS, WRONG_EDGES), (UNSEEN, UNSEEN_EDGES)] {
        let right = |name: &str, report: &Report| {
            let missing = expected(set, name, "missing");
            let mut told = report.findings.iter().flat_map(|finding| edges(set, name, finding));
            told.any(|word| missing.split('|').any(|want| want == word))
        };
        assert_eq!(wrong_ones(set, "missing edges right", right), known(wrong));
    }
}

/// The same of the second set.
const UNSEEN_NAMES: &[(&str, &str)] = &[];
const UNSEEN_SUGGESTIONS: &[(&str, &str)] =
    &[("config-field", "says to set the field before the server starts; the author would guard it")];
const UNSEEN_EDGES: &[(&str, &str)] = &[];
