//! `hb outcomes`: litmus tests, the tutorial's examples, the corpus, and input that is none.

mod common;

use common::{Place, Said, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn programs(directory: &str) -> Vec<PathBuf> {
    let dir = root().join(directory);
    let mut list: Vec<PathBuf> = fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "go"))
        .collect();
    list.sort();
    assert!(!list.is_empty());
    list
}

/// The lines `//hb:KEY VALUE` of a program.
fn header(path: &Path) -> BTreeMap<String, String> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("//hb:")?.split_once(' '))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn names(text: Option<&String>) -> BTreeSet<String> {
    text.iter()
        .flat_map(|t| t.split('|'))
        .map(|name| if name == "(nothing)" { String::new() } else { name.trim().to_owned() })
        .collect()
}

fn outcomes(place: &Place, path: &Path, more: &[&str]) -> (Said, Option<Value>) {
    let path = path.to_str().unwrap();
    let mut command = place.hb(["outcomes", "--json"]);
    command.args(more).arg(path);
    let said = run(&mut command);
    let answer = serde_json::from_str(&said.stdout).ok();
    (said, answer)
}

fn found(answer: &Value, verdict: &str) -> BTreeSet<String> {
    let list = answer["outcomes"].as_array().unwrap();
    list.iter().filter(|o| o["verdict"] == verdict).map(|o| o["name"].as_str().unwrap().to_owned()).collect()
}

fn held(directory: &str) {
    let place = Place::new();
    let mut wrong = String::new();
    for path in programs(directory) {
        let header = header(&path);
        let mut more = Vec::new();
        if let Some(scale) = header.get("scale") {
            more.extend(["--scale", scale]);
        }
        let (said, answer) = outcomes(&place, &path, &more);
        let Some(answer) = answer else { panic!("{}: {said:?}", path.display()) };
        let kind = if more.is_empty() { "complete" } else { "scaled" };
        assert_eq!(answer["extent"]["kind"], kind, "{}", path.display());
        let (allowed, undecided) = (found(&answer, "allowed"), found(&answer, "undecided"));
        let races: BTreeSet<&str> =
            answer["races"].as_array().unwrap().iter().map(|r| r["variable"].as_str().unwrap()).collect();
        let expected: BTreeSet<&str> = header["races"].split(',').filter(|r| *r != "none").collect();
        let forbidden = names(header.get("forbidden"));
        if allowed != names(header.get("allowed"))
            || undecided != names(header.get("undecided"))
            || allowed.intersection(&forbidden).next().is_some()
            || races != expected
        {
            wrong += &format!("{}: {allowed:?} undecided {undecided:?} races {races:?}\n", path.display());
        }
        for o in answer["outcomes"].as_array().unwrap() {
            let steps = o["witness"]["steps"].as_array().unwrap();
            assert!(!steps.is_empty() || o["kind"] == "forever", "{}: no witness of {}", path.display(), o["name"]);
        }
        for race in answer["races"].as_array().unwrap() {
            assert!(race["witness"]["missing"].is_array(), "{}: {race}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn litmus_tests_have_the_outcomes_that_the_text_allows() {
    held("crates/golang/litmus");
}

#[test]
fn the_tutorial_s_examples_have_their_sets() {
    held("crates/golang/tutorial");
}

#[test]
fn nothing_is_observed_that_is_not_allowed() {
    // Few runs in every test run; HB_OBSERVE=500 is the long form.
    let runs = std::env::var("HB_OBSERVE").unwrap_or_else(|_| "8".into());
    let observe = format!("--observe={runs}");
    let place = Place::new();
    for path in programs("crates/golang/litmus") {
        let short = runs == "8" && path.file_name().unwrap().to_string_lossy().starts_with("mem-");
        if short {
            continue;
        }
        let (said, answer) = outcomes(&place, &path, &[&observe]);
        let Some(answer) = answer else { panic!("{}: {said:?}", path.display()) };
        let allowed = found(&answer, "allowed");
        for (seen, n) in answer["observed"]["counts"].as_object().unwrap() {
            assert!(allowed.contains(seen), "{}: {seen:?} was seen {n} times", path.display());
        }
    }
}

#[test]
fn each_end_has_its_status() {
    let place = Place::new();
    let race = "package main\n\nfunc main() {\n\tx := 0\n\tgo func() { x = 1 }()\n\tprintln(x)\n}\n";
    let status = |name: &str, source: &str, more: &[&str], status: i32| {
        let path = place.write(name, source);
        let mut command = place.hb(["outcomes"]);
        command.args(more).arg(path);
        run(&mut command).with_status(status)
    };
    let said = status("race.go", race, &[], 40);
    assert!(said.stdout.contains("nothing orders the two"), "{said:?}");
    let clean = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(100) }\n";
    let said = status("clean.go", clean, &[], 0);
    assert!(said.stdout.contains("race-free in every interleaving of this input"), "{said:?}");
    let said = status("clean.go", clean, &["--scale", "100=3"], 45);
    assert!(said.stdout.contains("scaled down (100=3 in 1 place)"), "{said:?}");
    status("clean.go", clean, &["--expect", "100"], 0);
    let said = status("clean.go", clean, &["--expect", "100|7"], 44);
    assert!(said.stdout.contains("expected"), "{said:?}");
    status("clean.go", clean, &["--scale", "9=3"], 30);
    status("clean.go", clean, &["--witness", "5"], 30);
    let many = "package main\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n\nfunc main() {\n\tvar mu sync.Mutex\n\tfor i := range 40 {\n\t\tgo func() {\n\t\t\tmu.Lock()\n\t\t\tfmt.Println(i)\n\t\t\tmu.Unlock()\n\t\t}()\n\t}\n}\n";
    let said = status("many.go", many, &["--budget", "500"], 41);
    assert!(said.stdout.contains("NOT COMPLETE") && said.stdout.contains("--scale 40=3"), "{said:?}");
    let said = status("syntax.go", "package main\n\nfunc main() {\n\tx :=\n}\n", &[], 43);
    assert!(said.stderr.contains("syntax.go:5:"), "{said:?}");
    let said = status("type.go", "package main\n\nfunc main() {\n\tvar x int = \"a\"\n\t_ = x\n}\n", &[], 43);
    assert!(said.stderr.contains("type.go:4:"), "{said:?}");
    let net = "package main\n\nimport \"net/http\"\n\nfunc main() { http.Get(\"x\") }\n";
    let said = status("net.go", net, &[], 42);
    assert!(said.stderr.contains("net.go:3:8: package net/http is not one that hb outcomes knows"), "{said:?}");
    let name = "package main\n\nimport \"strings\"\n\nfunc main() {\n\t_ = strings.Title(\"x\")\n}\n";
    let said = status("name.go", name, &[], 42);
    assert!(said.stderr.contains("name.go:6:"), "{said:?}");
    let none = run(&mut place.hb(["outcomes", "no-such-file.go"])).with_status(43);
    assert!(none.stderr.contains("no-such-file.go"), "{none:?}");
    let empty = place.join("empty");
    fs::create_dir(&empty).unwrap();
    run(place.hb(["outcomes"]).arg(place.join("clean.go")).env("PATH", &empty)).with_status(31);
}

#[test]
fn a_deadlock_and_its_witness_as_text() {
    let place = Place::new();
    let source = "package main\n\nimport \"sync\"\n\nfunc main() {\n\tvar a, b sync.Mutex\n\tdone := make(chan bool)\n\tgo func() {\n\t\ta.Lock()\n\t\tb.Lock()\n\t\tb.Unlock()\n\t\ta.Unlock()\n\t\tdone <- true\n\t}()\n\tb.Lock()\n\ta.Lock()\n\ta.Unlock()\n\tb.Unlock()\n\t<-done\n}\n";
    let path = place.write("locks.go", source);
    let page = place.join("page.html");
    let mut command = place.hb(["outcomes", "--witness", "2", "--html"]);
    let said = run(command.arg(&page).arg(path)).with_status(0);
    let (_, page_text) = said.stdout.split_once("outcome 2").expect("the second outcome is shown");
    let expected = ": deadlock
    main                      goroutine 1
    7 makes a channel
    8 go: starts goroutine 1
    15 b.Lock()
                              9 a.Lock()   <- go from main line 8
    main at line 16 waits for Lock
    goroutine 1 at line 10 waits for Lock
";
    assert_eq!(page_text, expected);
    let html = fs::read_to_string(page).unwrap();
    assert!(html.contains("<th>goroutine 1</th>") && html.ends_with("</html>\n"));
}
