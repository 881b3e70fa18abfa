//! What one race is: every variable counts, and an edit that does not touch a race does not make it a new one.

mod common;

use common::{Place, Said, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

const HEAD: &str = "package main\n\nimport \"time\"\n\n";

/// Runs a program; gives hb's words and the report.
fn report(place: &Place, program: &str, flags: &[&str]) -> (Said, Value) {
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", program);
    let mut line = vec!["--format", "json", "--output", "r.json"];
    line.extend(flags);
    line.extend(["run", "."]);
    let said = run(&mut place.hb(line));
    let report = serde_json::from_slice(&fs::read(place.join("r.json")).unwrap()).unwrap();
    (said, report)
}

fn fingerprints(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

/// A program in which a goroutine does `one` and, later and unordered, main does `other`.
fn pair(declared: &str, one: &str, other: &str) -> String {
    format!(
        "{HEAD}{declared}\n\nfunc main() {{\n\tgo func() {{\n\t\t{one}\n\t}}()\n\ttime.Sleep(20 * time.Millisecond)\n\t{other}\n}}\n"
    )
}

#[test]
fn every_variable_is_a_race_of_its_own() {
    let place = Place::new();
    for (declared, one, other, races) in [
        ("var a, b, sink int", "a = 1; b = 2", "sink = a + b", 2),
        ("var t struct{ w, x, y, z int }", "t.w, t.x, t.y, t.z = 1, 2, 3, 4", "t.w, t.x, t.y, t.z = 5, 6, 7, 8", 4),
        (
            "type T struct{ w, x, y, z int }\n\nvar t = new(T)",
            "t.w, t.x, t.y, t.z = 1, 2, 3, 4",
            "t.w, t.x, t.y, t.z = 5, 6, 7, 8",
            4,
        ),
        // Elements of one slice are one, and the read and the write of one statement.
        ("var xs = make([]int, 64)", "for i := range xs { xs[i]++ }", "for i := range xs { xs[i]++ }", 1),
        (
            "type T struct{ n int }\n\nvar all = []*T{{}, {}, {}}",
            "for _, t := range all { t.n++ }",
            "for _, t := range all { t.n++ }",
            1,
        ),
        (
            "var a, b int\n\nfunc set(p *int) {\n\t*p = 1\n}\n\nfunc both() {\n\tfor _, p := range []*int{&a, &b} {\n\t\tset(p)\n\t}\n}",
            "both()",
            "both()",
            2,
        ),
        ("var m = map[int]int{1: 1}", "m[1] = 2", "m[1] = 3", 1),
    ] {
        let (said, report) = report(&place, &pair(declared, one, other), &[]);
        assert_eq!(fingerprints(&report).len(), races, "{one} / {other}: {said:#?}");
        assert_eq!(report["totals"]["findings"], races);
        // Go's own text has as many, and its count is that of the report.
        let found = said.stderr.matches("WARNING: DATA RACE").count();
        assert!(found >= races, "{said:#?}");
        assert!(said.stderr.contains(&format!("Found {found} data race(s)")), "{said:#?}");
        assert_eq!(report["totals"]["races"], found);
        let words = if races == 1 { "1 race".to_owned() } else { format!("{races} races") };
        let reports = if found == races { String::new() } else { format!(" ({found} reports)") };
        assert!(said.stderr.contains(&format!("hb: {words}{reports}\n")), "{said:#?}");
    }
}

#[test]
fn a_baseline_with_one_variable_hides_no_other() {
    let place = Place::new();
    let program = pair("var a, b, sink int", "a = 1; b = 2", "sink = a + b");
    let (_, only) = report(&place, &program.replace("b = 2", "").replace("a + b", "a"), &[]);
    assert_eq!(fingerprints(&only).len(), 1);
    run(&mut place.hb(["--baseline", "known.toml", "baseline", "--reason", "r", "r.json"])).with_status(0);
    let (said, _) = report(&place, &program, &["--baseline", "known.toml"]);
    said.with_status(1).saying("hb: 2 races, 1 new, 1 known");
}

const PROGRAM: &str = "package main

import \"time\"

var total, sink int

type Cache struct {
\thits int
\tname string
}

func (c *Cache) touch() {
\tc.hits++
}

func local() int {
\tn := 0
\tgo func() {
\t\tn = 1
\t}()
\ttime.Sleep(20 * time.Millisecond)
\treturn n
}

func main() {
\tc := new(Cache)
\tgo func() {
\t\ttotal = 1
\t\tc.touch()
\t}()
\ttime.Sleep(20 * time.Millisecond)
\tsink = total
\tc.touch()
\tlocal()
}
";

#[test]
fn fingerprints_outlive_edits_that_do_not_touch_the_race() {
    let place = Place::new();
    let of = |program: &str| fingerprints(&report(&place, program, &[]).1);
    let before = of(PROGRAM);
    assert_eq!(before.len(), 3);
    let edit = |from: &str, to: &str| {
        assert!(PROGRAM.contains(from), "{from}");
        PROGRAM.replacen(from, to, 1)
    };
    for (what, program) in [
        ("lines above", edit("var total", "// A comment.\n\nvar total")),
        (
            "a closure above",
            edit("\tc := new(Cache)\n", "\tfunc() {\n\t\tdefer func() { recover() }()\n\t}()\n\tc := new(Cache)\n"),
        ),
        ("another expression", edit("sink = total", "sink = total + 0")),
        ("an index", edit("sink = total", "sink = []int{total}[0]")),
        ("another form of an update", edit("c.hits++", "c.hits = c.hits + 1")),
        ("a condition around it", edit("\tsink = total", "\tif sink == 0 {\n\t\tsink = total\n\t}")),
        ("a field before", edit("\thits int", "\tmore [3]string\n\thits int")),
        ("a variable beside", edit("var total, sink int", "var other, total, sink int")),
        ("a function above", edit("func local()", "func unused() int { return 7 }\n\nfunc local()")),
        ("a named closure", edit("\tgo func() {\n\t\tn = 1\n\t}()", "\tset := func() {\n\t\tn = 1\n\t}\n\tgo set()")),
    ] {
        assert_eq!(of(&program), before, "{what}");
    }
    // A file is no part of it.
    fs::rename(place.join("main.go"), place.join("other.go")).unwrap();
    let said = run(&mut place.hb(["--format", "json", "--output", "r.json", "run", "."]));
    let renamed: Value = serde_json::from_slice(&fs::read(place.join("r.json")).unwrap()).unwrap();
    assert_eq!(fingerprints(&renamed), before, "{said:#?}");
    fs::remove_file(place.join("other.go")).unwrap();

    for (what, program) in [
        ("another variable", PROGRAM.replace("total", "sum")),
        ("another function", PROGRAM.replace("touch", "use")),
        ("another field", PROGRAM.replace("hits", "uses")),
        ("another type", PROGRAM.replace("Cache", "Store")),
        ("a write for a read", edit("sink = total", "total = sink")),
        (
            "another local variable",
            PROGRAM.replace("n := 0", "m := 0").replace("n = 1", "m = 1").replace("return n", "return m"),
        ),
    ] {
        let after = of(&program);
        assert_eq!((after.len(), after.intersection(&before).count()), (3, 2), "{what}");
    }
}
