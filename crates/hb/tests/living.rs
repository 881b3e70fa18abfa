//! Living with races, with the real go command: the baseline's file and what is said of it, comments in the source, and what a report never shows.

mod common;

use common::{Place, run};
use std::fs;

const SHOP: &[(&str, &str)] = &[
    ("go.mod", "module example.com/shop\n\ngo 1.25\n"),
    (
        "stats/stats_test.go",
        "package stats\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\nvar hits int\n\nfunc hit() { hits++ }\n\n\
         func TestHits(t *testing.T) {\n\tgo hit()\n\ttime.Sleep(20 * time.Millisecond)\n\thit()\n}\n",
    ),
    ("gen/z_gen.go", "package gen\n\nvar Ready bool\n\nfunc Start() { go func() { Ready = true }() }\n"),
    (
        "gen/z_test.go",
        "package gen\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\n\
         func TestStart(t *testing.T) {\n\tStart()\n\ttime.Sleep(20 * time.Millisecond)\n\tReady = false\n}\n",
    ),
];

fn shop() -> Place {
    let place = Place::new();
    for (name, content) in SHOP {
        place.write(name, content);
    }
    place
}

const WRITTEN: &str = "\
# What we live with. Ask Ann before adding.

[[known]]
function = \"example.com/shop/stats.hit*\"
reason = \"only statistics\" # issue 7
expires = 9999-12-31

[[known]]
path = \"old/*.go\"
reason = \"being replaced\"
";

#[test]
fn a_file_written_by_hand_is_kept_and_its_dead_entries_are_said() {
    let place = shop();
    place.write("known.toml", WRITTEN);
    let known = |words: &[&str]| run(&mut place.hb(["--baseline", "known.toml"].iter().chain(words)));
    // The statistics are known, the other race is not.
    let said = known(&["--format", "json", "--output", "r.json", "test", "./gen", "./stats"]).with_status(1);
    assert!(said.stderr.contains("hb: 2 races, 1 new, 1 known; 2 packages; "), "{said:#?}");
    let dead = "hb: baseline: one entry matches nothing here, and can go if that was a full run (hb baseline --prune): path old/*.go\n";
    assert!(said.stderr.contains(dead), "{said:#?}");

    let said = known(&["baseline", "--reason", "issue 8", "r.json"]).with_status(0);
    assert_eq!(said.stderr, format!("{dead}hb: 1 added to known.toml\n"));
    let text = fs::read_to_string(place.join("known.toml")).unwrap();
    let added = text.strip_prefix(WRITTEN).unwrap_or_else(|| panic!("{text}"));
    assert!(added.starts_with("\n[[known]]\nfingerprint = \"") && added.ends_with("reason = \"issue 8\"\n"), "{added}");
    assert!(added.contains("\ntitle = \"data race on package-level variable Ready: two writes\"\n"), "{added}");
    let said = known(&["test", "./gen", "./stats"]).with_status(0);
    assert!(said.stderr.contains("2 races, 0 new, 2 known"), "{said:#?}");
    // What raced is run again.
    let said = known(&["test", "./gen", "./stats"]).with_status(0);
    assert!(!said.stdout.contains("(cached)") && said.stderr.contains("2 races, 0 new, 2 known"), "{said:#?}");

    place.write("known.toml", &text.replace("9999-12-31", "2026-01-31"));
    let said = known(&["test", "./stats"]).with_status(1);
    let expired = "hb: baseline: the entry for function example.com/shop/stats.hit* has expired\n";
    assert!(said.stderr.contains(expired), "{said:#?}");
    let said = known(&["-q", "test", "./stats"]).with_status(1);
    assert_eq!(said.stderr, "");
}

#[test]
fn what_no_longer_races_leaves_the_file() {
    let place = shop();
    place.write("hb-baseline.toml", WRITTEN);
    let saved = |package: &str| {
        run(&mut place.hb(["--fail", "never", "--format", "json", "--output", "r.json", "test", "-count=1", package]))
            .with_status(0);
    };
    let pruned = |words: &[&str]| run(&mut place.hb(["baseline"].iter().chain(words).chain(&["r.json"])));
    let file = || fs::read_to_string(place.join("hb-baseline.toml")).unwrap();
    saved("./gen");
    pruned(&["--reason", "issue 8"]).with_status(0);
    let both = file();
    assert_eq!(both.matches("fingerprint").count(), 1, "{both}");

    saved("./stats");
    let said = pruned(&["--prune"]).with_status(0).stderr;
    let lines: Vec<&str> = said.lines().collect();
    let [removed, stays, count] = lines.as_slice() else { panic!("{said}") };
    assert!(removed.starts_with("hb: removed: fingerprint "), "{said}");
    assert!(removed.ends_with(" (data race on package-level variable Ready: two writes)"), "{said}");
    assert_eq!(*stays, "hb: matches nothing, but was written by hand: path old/*.go");
    assert_eq!(*count, "hb: 1 removed from hb-baseline.toml; --prune=all removes those written by hand, too");
    assert_eq!(file(), WRITTEN);

    let said = pruned(&["--prune=all", "--reason", "issue 9"]).with_status(0).stderr;
    assert_eq!(
        said,
        "hb: removed: path old/*.go\nhb: 1 removed from hb-baseline.toml\nhb: 0 added to hb-baseline.toml\n"
    );
    assert_eq!(file(), WRITTEN[..WRITTEN.find("\n[[known]]\npath").unwrap()]);

    // Where nothing ran, nothing is known to be dead.
    place.write("r.json", "{\"schema\":1,\"hb_version\":\"\",\"findings\":[],\"processes\":[],\"totals\":{}}");
    pruned(&["--prune=all"]).with_status(37).saying("nothing is removed: no program ran");
    run(&mut place.hb(["baseline", "r.json"])).with_status(30).saying("--reason");
    run(&mut place.hb(["--baseline", "none.toml", "baseline", "--prune", "r.json"])).with_status(37);
}

#[test]
fn entries_match_by_package_and_path_too() {
    for (entry, status) in [
        ("package = \"example.com/shop/...\"", 0),
        ("package = \"example.com/shop\"", 1),
        ("path = \"gen/*_gen.go\"", 0),
        ("path = \"stats/*.go\"", 1),
        ("package = \"example.com/shop/gen\"\npath = \"z_gen.go\"\nfunction = \"example.com/shop/gen.Start*\"", 0),
        ("package = \"example.com/shop/gen\"\npath = \"z_gen.go\"\nfunction = \"example.com/shop/gen.start*\"", 1),
    ] {
        let place = shop();
        place.write("known.toml", &format!("[[known]]\n{entry}\nreason = \"r\"\n"));
        let said = run(&mut place.hb(["--baseline", "known.toml", "test", "./gen"]));
        assert_eq!(said.status, Some(status), "{entry}: {said:#?}");
    }
}

#[test]
fn a_malformed_file_is_an_error_before_anything_runs() {
    let place = shop();
    for (text, said) in [
        ("[[known]]\npath = \"x\"\nreson = \"y\"\n", "line 3, column 1: unknown field `reson`"),
        ("[[known]]\npath = \"x\"\n", "line 1, column 1: missing field `reason`"),
        ("[[known\n", "line 1, column 8: unclosed"),
        ("[[known]]\npath = \"x\"\nreason = \"y\"\nexpires = 2027-02-30\n", "line 4, column "),
    ] {
        place.write("bad.toml", text);
        let ended = run(place.hb(["test", "./..."]).env("HB_BASELINE", "bad.toml")).with_status(37);
        assert!(ended.stderr.starts_with(&format!("hb: baseline bad.toml: {said}")), "{ended:#?}");
        assert_eq!(ended.stdout, "");
    }
    run(&mut place.hb(["--baseline", "bad.toml", "baseline", "--reason", "r", "x.json"])).with_status(37);
    run(&mut place.hb(["--baseline", "none.toml", "test", "./..."])).with_status(37).saying("none.toml: No such file");
    run(&mut place.hb(["baseline", "--reason", " ", "x.json"])).with_status(30).saying("--reason is empty");
}

#[test]
fn what_could_not_be_built_has_no_count_of_races() {
    let place = shop();
    place.write("gen/z_gen.go", "package gen\n\nvar x int = \"\"\n");
    let said = run(&mut place.hb(["--format", "json", "--output", "r.json", "test", "./gen"])).with_status(1);
    assert!(!said.stderr.contains("0 races"), "{said:#?}");
}

const IGNORES: &str = r#"package main

import "time"

var x, y, z int

// bump counts.
//
//hb:ignore a statistic, see issue 3
func bump() {
	x++
	x--
}

func main() {
	go func() {
		bump()
		y++ //hb:ignore another one
		z++ //hb:ignore
	}()
	time.Sleep(20 * time.Millisecond)
	bump()
	y++
	z++
}
"#;

#[test]
fn comments_cover_a_line_or_a_function_and_need_a_reason() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", IGNORES);
    let said = run(&mut place.hb(["--fail", "new", "run", "."])).with_status(1);
    assert_eq!(said.stderr.matches("WARNING: DATA RACE").count(), 1, "{said:#?}");
    let note = "hb: main.go:19: //hb:ignore needs a reason; it is not honoured without one\n";
    assert!(said.stderr.contains(note), "{said:#?}");
    place.write("main.go", &IGNORES.replace("z++ //hb:ignore", "z++ //hb:ignore a third"));
    let said = run(&mut place.hb(["--fail", "new", "run", "."])).with_status(0);
    assert!(said.stderr.contains(", 0 new, 0 known, ") && said.stderr.contains(" ignored"), "{said:#?}");
}

const IGNORED_TEST: &str = r#"package p

import (
	"testing"
	"time"
)

var x, y int

func TestX(t *testing.T) {
	go func() {
		x++ //hb:ignore a statistic
	}()
	time.Sleep(10 * time.Millisecond)
	x++
}

func TestY(t *testing.T) {
	go func() { y = 0 }()
	time.Sleep(10 * time.Millisecond)
	// y = 0
}
"#;

/// Without a flag, too; and what fails for another reason goes on failing.
#[test]
fn a_comment_lets_a_test_pass_and_nothing_else() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("p_test.go", IGNORED_TEST);
    let tested = |words: &[&str]| run(&mut place.hb(words.iter().chain(&["test", "."])));
    let said = tested(&[]).with_status(0);
    assert!(said.stdout.starts_with("ok  \t") && !said.stdout.contains("cached"), "{said:#?}");
    assert!(said.stderr.starts_with("hb: 1 race, 0 new, 0 known, 1 ignored; 1 package; "), "{said:#?}");
    // What raced is run again.
    assert!(!tested(&[]).with_status(0).stdout.contains("(cached)"));
    let said = tested(&["--fail", "all"]).with_status(1);
    assert!(said.stdout.contains("race detected during execution of test"), "{said:#?}");

    for (from, to, failed) in [
        // The test binary is the same without the comment, and yet its result is not.
        (" //hb:ignore a statistic", "", "--- FAIL: TestX"),
        ("// y = 0", "y = 0", "--- FAIL: TestY"),
        ("// y = 0", "t.Error(y)", "--- FAIL: TestY"),
        ("// y = 0", "panic(y)", "--- FAIL: TestY"),
    ] {
        place.write("p_test.go", &IGNORED_TEST.replace(from, to));
        let said = tested(&[]).with_status(1);
        assert!(said.stdout.contains(failed), "{said:#?}");
        assert_eq!(said.stdout.matches("--- FAIL").count(), 1, "{said:#?}");
    }

    // Where there is no comment, hb is the go command, and says nothing.
    place.write("p_test.go", &IGNORED_TEST.replace("//hb:ignore", "//"));
    let said = tested(&[]).with_status(1);
    assert!(said.stdout.contains("--- FAIL: TestX") && said.stderr.is_empty(), "{said:#?}");
}

const FORMATS: [&str; 10] = ["text", "classic", "json", "jsonl", "sarif", "junit", "github", "markdown", "html", "raw"];

/// The words that ask for a report in every form, into files `o.FORMAT`.
fn everywhere() -> Vec<String> {
    FORMATS
        .iter()
        .flat_map(|format| ["--format".to_owned(), (*format).to_owned(), "--output".to_owned(), format!("o.{format}")])
        .collect()
}

#[test]
fn no_report_shows_arguments_environment_or_where_the_module_lies() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", IGNORES);
    let words = everywhere().into_iter().chain(["run", ".", "--password", "argument-to-hide"].map(str::to_owned));
    run(place.hb(words).env("VARIABLE_TO_HIDE", "value-to-hide")).with_status(1);
    let directory = place.path().to_str().unwrap();
    for format in FORMATS {
        let text = fs::read_to_string(place.join(&format!("o.{format}"))).unwrap();
        assert!(!text.to_lowercase().contains("to-hide") && !text.contains("VARIABLE_TO_HIDE"), "{format}: {text}");
        assert!(text.contains("main.go"), "{format}: {text}");
        // Raw findings are as the process wrote them.
        assert!(format == "raw" || !text.contains(directory), "{format}: {text}");
    }
}

/// A test name, an identifier, an expression and a file name that want to harm whoever looks.
const HOSTILE: &str = "package p

import (
\t\"testing\"
\t\"time\"
)

var é世界 int

var table = map[string]int{}

func TestX(t *testing.T) {
\tt.Run(\"\\x1b[2J<script>alert(1)</script>\\u202e\\\"'|]]>\", func(t *testing.T) {
\t\tgo func() { é世界++; table[\"<img src=x onerror=alert(2)>\u{202e}\"]++ }()
\t\ttime.Sleep(20 * time.Millisecond)
\t\té世界++
\t\ttable[\"<img src=x onerror=alert(2)>\u{202e}\"]++
\t\tweird()
\t})
}

var w int

//line /x/<script>alert(3)</script>\u{1b}]0;x\u{7}.go:1
func weird() {
\tgo func() { w++ }()
\ttime.Sleep(20 * time.Millisecond)
\tw++
}
";

#[test]
fn hostile_names_of_a_real_program_do_no_harm() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("h_test.go", HOSTILE);
    let words = everywhere().into_iter().chain(["test", "."].map(str::to_owned));
    let said = run(&mut place.hb(words)).with_status(1);
    assert!(said.stderr.contains("hb: 3 races (5 reports); 1 package; "), "{said:#?}");
    let harmful = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}');
    assert!(!said.all().contains(harmful), "{said:#?}");
    for format in FORMATS {
        let text = fs::read_to_string(place.join(&format!("o.{format}"))).unwrap();
        assert!(
            !text.contains(char::is_control) || !text.contains(|c| harmful(c) && c != '\u{202e}'),
            "{format}: {text}"
        );
        // Both are strings of JSON, for programs; what a terminal or a browser shows has none.
        assert!(format.starts_with("json") || !text.contains('\u{202e}'), "{format}: {text}");
        let tags = text.contains("<script>alert") || text.contains("<img");
        assert!(!tags || !matches!(format, "html" | "junit"), "{format}: {text}");
        assert!(
            format != "html" || text.contains("&lt;script&gt;alert(3)&lt;/script&gt;\\u{1b}]0;x\\u{7}.go:"),
            "{text}"
        );
    }
}

#[test]
fn github_is_given_paths_from_the_top_of_the_repository_and_its_summary_is_added_to() {
    let place = Place::new();
    place.write("service/go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("service/main.go", IGNORES);
    place.write("summary.md", "# Step\n");
    let (top, summary) = (place.path().to_owned(), place.join("summary.md"));
    let words = ["--live", "none", "--format", "github", "--output", "-", "--format", "sarif", "--output", "r.sarif"];
    let mut hb =
        place.hb(words.into_iter().chain(["--format", "markdown", "--output", summary.to_str().unwrap(), "run", "."]));
    hb.current_dir(top.join("service")).env("GITHUB_WORKSPACE", &top).env("GITHUB_STEP_SUMMARY", &summary);
    let said = run(&mut hb).with_status(1);
    assert!(said.stdout.starts_with("::error file=service/main.go,line="), "{said:#?}");
    assert!(fs::read_to_string(top.join("service/r.sarif")).unwrap().contains("\"uri\": \"service/main.go\""));
    let text = fs::read_to_string(summary).unwrap();
    assert!(text.starts_with("# Step\n## Data races: ") && text.contains("main.go:"), "{text}");
}

/// With `-trimpath` a binary names its module's files by import path: they are found all the same, so that a baseline fits both ways.
#[test]
fn trimmed_paths_change_nothing() {
    let place = shop();
    let report = |more: &[&str]| {
        let words = ["--live", "none", "--format", "json", "--output", "r.json", "test", "-count=1"];
        run(&mut place.hb(words.iter().chain(more).chain(&["./stats"]))).with_status(1);
        let report: serde_json::Value = serde_json::from_slice(&fs::read(place.join("r.json")).unwrap()).unwrap();
        let finding = &report["findings"][0];
        let site = &finding["accesses"][0]["site"];
        serde_json::json!([finding["fingerprint"], finding["variable"], site, finding["accesses"][0]["excerpt"]])
    };
    let (plain, trimmed) = (report(&[]), report(&["-trimpath"]));
    assert_eq!(plain, trimmed);
    assert_eq!(trimmed[2]["file"], "stats/stats_test.go");
    let reason = "package stats\n\n//hb:ignore only statistics\nfunc hit() { hits++ }\n";
    place.write("stats/stats.go", reason);
    let test = fs::read_to_string(place.join("stats/stats_test.go")).unwrap();
    place.write("stats/stats_test.go", &test.replace("func hit() { hits++ }\n", ""));
    run(&mut place.hb(["--fail", "new", "test", "-trimpath", "./stats"])).with_status(0);
}
