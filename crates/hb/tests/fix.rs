//! `hb fix` on racy programs: what it changes compiles, is in gofmt's form, says what the program said, and races no more.
//!
//! Here for one program of each kind of change; `HB_MEND=all` takes every racy program of the corpus and of the second set, and `HB_MEND_RUNS` says
//! how often each is run afterwards (`HB_MEND=all HB_MEND_RUNS=20 cargo test -p hb --test fix -- --nocapture` prints what was changed and what not).

mod common;

use common::{Place, Said, run};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One for each kind of change.
const CHANGED: &[&str] = &[
    "racy/counter",
    "racy/done-flag",
    "racy/append-shared",
    "racy/append-spare-capacity",
    "racy/exit-sleep",
    "racy/go-after",
    "racy/lazy-init",
    "racy/loop-variable-outer",
    "racy/loop-variable-old",
    "racy/map-read-write",
    "racy/mutex-copied",
    "racy/mutex-one-side",
    "racy/pointer-publication",
    "racy/rwmutex-write-under-rlock",
    "racy/semaphore-off-by-one",
    "racy/write-after-close",
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

fn all() -> Vec<String> {
    let mut names = Vec::new();
    for set in ["racy", "unseen"] {
        let programs = fs::read_dir(corpus().join(set)).into_iter().flatten().flatten();
        names.extend(
            programs
                .filter(|entry| entry.path().is_dir())
                .map(|entry| format!("{set}/{}", entry.file_name().to_string_lossy())),
        );
    }
    names.sort();
    names
}

/// A program in a place of its own, with hb's cache shared by all.
struct Program {
    place: Place,
    cache: PathBuf,
    tests: bool,
}

impl Program {
    fn new(name: &str, cache: &Path) -> Program {
        let place = Place::new();
        let module = fs::read_to_string(corpus().join("go.mod")).unwrap();
        place.write("go.mod", &module);
        let mut tests = false;
        for entry in fs::read_dir(corpus().join(name)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            tests |= file.ends_with("_test.go");
            place.write(&file, &fs::read_to_string(&path).unwrap());
        }
        Program { place, cache: cache.to_owned(), tests }
    }

    fn hb(&self, words: &[&str]) -> Said {
        run(self.place.hb(words).env("HB_CACHE", &self.cache))
    }

    /// Runs it, and gives its output and the report.
    fn report(&self, name: &str) -> (Said, serde_json::Value) {
        let file = self.place.join(name);
        let mut words = vec!["-q", "--live", "none", "--format", "json", "--output", file.to_str().unwrap()];
        words.extend(if self.tests { &["test", "-count=1", "."][..] } else { &["run", "."] });
        let said = self.hb(&words);
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{e}: {said:#?}"));
        (said, serde_json::from_str(&text).unwrap())
    }

    fn sources(&self) -> Vec<(PathBuf, String)> {
        let entries = fs::read_dir(self.place.path()).unwrap().map(|entry| entry.unwrap().path());
        let go = entries.filter(|path| path.extension().is_some_and(|extension| extension == "go"));
        go.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
    }

    fn is_formatted(&self) -> bool {
        let gofmt = common::GOROOT.join("bin/gofmt");
        let listed = std::process::Command::new(gofmt).arg("-l").arg(self.place.path()).output().unwrap();
        listed.stdout.is_empty()
    }
}

/// What a program prints, without the times of tests.
fn printed(said: &Said) -> String {
    said.stdout
        .lines()
        .map(|line| line.split('\t').next().unwrap_or_default())
        .filter(|line| !line.starts_with("FAIL") && !line.starts_with("---") && !line.contains("race detected"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("ok  ", "")
}

/// Mends a program and runs it again. What was wrong, or whether anything was changed.
fn mend(name: &str, cache: &Path, runs: usize) -> Result<bool, String> {
    let program = Program::new(name, cache);
    let before = program.sources();
    let mut outputs = BTreeSet::new();
    let mut report = serde_json::Value::Null;
    // Where many runs are asked for, as many show what else the program says.
    for round in 0..runs.max(3) {
        let (said, found) = program.report("before.json");
        outputs.insert(printed(&said));
        report = found;
        let seen = report["findings"].as_array().is_some_and(|findings| !findings.is_empty());
        if seen && (runs <= 3 || round + 1 >= runs) {
            break;
        }
    }
    let findings = report["findings"].as_array().unwrap().clone();
    let fixed: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["suggestion"]["fix"].is_object())
        .map(|finding| finding["variable"]["name"].as_str().unwrap())
        .collect();
    if fixed.is_empty() {
        let why: Vec<String> = findings.iter().map(|finding| finding["suggestion"]["by_hand"].to_string()).collect();
        println!("{name}: by hand: {}", why.join("; "));
        return Ok(false);
    }
    let saved = program.place.join("before.json");
    let shown = program.hb(&["fix", saved.to_str().unwrap()]);
    if shown.status != Some(0) || !shown.stdout.contains("+++ b/") || program.sources() != before {
        return Err(format!("the diff: {shown:#?}"));
    }
    let applied = program.hb(&["fix", "--apply", saved.to_str().unwrap()]);
    if applied.status != Some(0) || program.sources() == before {
        return Err(format!("--apply: {applied:#?}"));
    }
    println!("{name}: {} of {}\n{}", fixed.len(), findings.len(), shown.stdout);
    if !program.is_formatted() {
        return Err(format!("not as gofmt has it:\n{}", shown.stdout));
    }
    let after = program.sources();
    let again = program.hb(&["fix", "--apply", saved.to_str().unwrap()]);
    if again.status != Some(37) || program.sources() != after {
        return Err(format!("a second time: {again:#?}"));
    }
    for _ in 0..runs {
        let (said, report) = program.report("after.json");
        let left: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| {
                let name = finding["variable"]["name"].as_str().unwrap();
                fixed.len() == findings.len() || fixed.contains(&name)
            })
            .map(|finding| finding["title"].to_string())
            .collect();
        if !left.is_empty() {
            return Err(format!("still: {left:?}\n{}", shown.stdout));
        }
        if fixed.len() == findings.len() && said.status != Some(0) {
            return Err(format!("{said:#?}\n{}", shown.stdout));
        }
        if !outputs.contains(&printed(&said)) {
            return Err(format!("says {:?}, said {outputs:?}\n{}", printed(&said), shown.stdout));
        }
    }
    Ok(true)
}

#[test]
fn what_is_changed_races_no_more() {
    let every = std::env::var("HB_MEND").is_ok_and(|which| which == "all");
    let runs = std::env::var("HB_MEND_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(2);
    let names: Vec<String> = if every { all() } else { CHANGED.iter().map(|name| (*name).to_owned()).collect() };
    let cache = tempfile::tempdir().unwrap();
    let (mut changed, mut wrong) = (0, Vec::new());
    for name in &names {
        match mend(name, cache.path(), runs) {
            Ok(true) => changed += 1,
            Ok(false) if CHANGED.contains(&name.as_str()) => wrong.push(format!("{name}: nothing was changed")),
            Ok(false) => {}
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    println!("{changed} of {} programs changed, each run {runs} times", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_the_modules_or_has_changed_is_left() {
    let cache = tempfile::tempdir().unwrap();
    let program = Program::new("racy/counter", cache.path());
    program.report("r.json");
    let saved = program.place.join("r.json");
    let saved = saved.to_str().unwrap();
    // Seen from another module.
    program.place.write("other/go.mod", "module other\n\ngo 1.25\n");
    let elsewhere = run(program.place.hb(["-C", "other", "fix", "--apply", saved]).env("HB_CACHE", cache.path()));
    assert_eq!(elsewhere.status, Some(0), "{elsewhere:#?}");
    assert!(
        elsewhere.stderr.contains("is not in this module") || elsewhere.stderr.contains("No such file"),
        "{elsewhere:#?}"
    );
    let main = program.place.join("main.go");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text.replace("total +=", "// one more line\n\ttotal +=")).unwrap();
    let later = program.hb(&["fix", "--apply", saved]);
    assert_eq!(later.status, Some(37), "{later:#?}");
    assert!(later.stderr.contains("has changed since the report was made"), "{later:#?}");
    assert!(fs::read_to_string(&main).unwrap().contains("total += n"));
    let none = program.hb(&["fix"]);
    assert_eq!(none.status, Some(30), "{none:#?}");
}
