//! Reports with the real go command: which test, what is known, streams that tools read, bounds, processes that are killed.

mod common;

use common::{Place, run};
use serde_json::Value;
use std::fs;

const FAMILIES: &str = r#"package families

import (
	"sync"
	"testing"
	"time"
)

var shared, background int
var stop = make(chan bool)

func TestA(t *testing.T) {
	go func() { // left behind
		for {
			select {
			case <-stop:
				return
			default:
				background++
				time.Sleep(time.Millisecond)
			}
		}
	}()
}

func TestB(t *testing.T) {
	time.Sleep(20 * time.Millisecond)
	background++
	close(stop)
	time.Sleep(5 * time.Millisecond)
}

func TestParallel(t *testing.T) {
	for _, name := range []string{"one", "two words"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			time.Sleep(20 * time.Millisecond) // or testing's own lock may order them
			var wg sync.WaitGroup
			wg.Go(func() {
				wg.Go(func() {
					shared++
				})
			})
			wg.Wait()
		})
	}
}
"#;

fn families() -> Place {
    let place = Place::new();
    place.write("go.mod", "module example.com/families\n\ngo 1.25\n");
    place.write("f_test.go", FAMILIES);
    place
}

fn json(place: &Place, name: &str) -> Value {
    serde_json::from_slice(&fs::read(place.join(name)).unwrap()).unwrap()
}

#[test]
fn a_race_belongs_to_the_tests_whose_goroutines_made_it() {
    let place = families();
    run(&mut place.hb(["--format", "json", "--output", "r.json", "test", "-count=1", "."])).with_status(1);
    let report = json(&place, "r.json");
    let find = |variable: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["variable"]["name"] == variable).unwrap().clone()
    };
    assert_eq!(find("background")["tests"]["text"], "started by TestA, seen while TestB ran");
    let shared = find("shared");
    let mut names: Vec<_> =
        shared["tests"]["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["TestParallel/one", "TestParallel/two_words"]);
    for access in shared["race"]["accesses"].as_array().unwrap() {
        // WaitGroup.Go is not instrumented, and yet its caller is told; the ancestors lead to the main goroutine.
        assert!(access["created"].as_array().unwrap().iter().any(|frame| frame["line"] == 40), "{access:#}");
        assert_eq!(access["ancestry"].as_array().unwrap().last().unwrap()["gid"], 1);
    }
}

#[test]
fn only_what_is_new_fails_a_run() {
    let place = families();
    let known = |line: &[&str]| {
        let mut words = vec!["--baseline", "known.toml"];
        words.extend(line);
        run(&mut place.hb(words))
    };
    run(&mut place.hb(["--format", "json", "--output", "r.json", "test", "."])).with_status(1);
    known(&["baseline", "--reason", "statistics only", "r.json"]).with_status(0);

    let said = known(&["test", "."]).with_status(0);
    assert!(said.stdout.starts_with("ok  \texample.com/families") && !said.stdout.contains("cached"), "{said:#?}");
    assert!(said.stderr.contains("hb: 2 races, 0 new, 2 known"), "{said:#?}");
    // A good result in which races were seen is not handed out again as if there had been none.
    let again = known(&["test", "."]).with_status(0);
    assert!(!again.stdout.contains("(cached)") && again.stderr.contains("hb: 2 races, 0 new, 2 known"), "{again:#?}");
    let said = known(&["--fail", "all", "test", "."]).with_status(1);
    assert!(said.stdout.contains("race detected during execution of test"), "{said:#?}");
    run(&mut place.hb(["test", "."])).with_status(1);

    let text = fs::read_to_string(place.join("known.toml")).unwrap();
    let (first, _) = text.rsplit_once("[[known]]").unwrap();
    place.write("known.toml", first);
    let said = known(&["test", "."]).with_status(1);
    assert!(said.stderr.contains("1 new, 1 known"), "{said:#?}");
    assert_eq!(said.stdout.matches("WARNING: DATA RACE").count(), 1, "{said:#?}");
    assert_eq!(said.stdout.matches("\n--- FAIL").count(), 1, "{said:#?}");

    run(&mut place.hb(["--fail", "never", "test", "."])).with_status(0);
}

const TWO_LINES: &str = r#"package main

import "time"

var x, y int

func main() {
	go func() {
		x++ //hb:ignore a statistic
		y++
	}()
	time.Sleep(10 * time.Millisecond)
	x++
	if len(y_) > 0 {
		y++
	}
}

var y_ = ""
"#;

#[test]
fn an_ignore_comment_is_honoured_where_hb_decides() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", TWO_LINES);
    let said = run(&mut place.hb(["--fail", "new", "run", "."])).with_status(0);
    assert!(!said.all().contains("DATA RACE") && said.stderr.contains("1 ignored"), "{said:#?}");
    place.write("main.go", &TWO_LINES.replace("y_ = \"\"", "y_ = \"y\""));
    let said = run(&mut place.hb(["--fail", "new", "run", "."])).with_status(1);
    assert_eq!(said.stderr.matches("WARNING: DATA RACE").count(), 1, "{said:#?}");
    assert!(said.stderr.contains("Found 1 data race(s)"), "{said:#?}");
    // hb's own text, at once, in the place of Go's.
    let said = run(&mut place.hb(["--fail", "new", "--live", "text", "run", "."])).with_status(1);
    assert!(!said.all().contains("WARNING: DATA RACE"), "{said:#?}");
    assert!(said.stderr.contains("data race on package-level variable y: a write and a later read"), "{said:#?}");
}

#[test]
fn test_json_stays_a_stream_of_events() {
    let place = families();
    for live in ["auto", "text", "classic"] {
        let said = run(&mut place.hb(["--live", live, "test", "-json", "-count=1", "."])).with_status(1);
        let mut failed = 0;
        for line in said.stdout.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(event["Action"].is_string(), "{line}");
            failed += usize::from(event["Action"] == "fail" && event["Test"].is_string());
        }
        assert!(failed >= 2, "{said:#?}");
    }
}

/// A program with so many distinct races, each on a variable of its own.
fn many_races(races: usize) -> String {
    let variables: String = (0..races).map(|i| format!("var x{i} int64\n")).collect();
    let writes: String = (0..races).map(|i| format!("\tx{i}++\n")).collect();
    format!(
        "package main\n\nimport \"time\"\n\n{variables}\nfunc f() {{\n{writes}}}\n\nfunc g() {{\n{writes}}}\n\n\
         func main() {{\n\tgo f()\n\ttime.Sleep(time.Second)\n\tg()\n}}\n"
    )
}

#[test]
fn thousands_of_races_neither_flood_nor_fill() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", &many_races(2_000));
    let said = run(&mut place.hb(["--format", "json", "--output", "r.json", "run", "."])).with_status(1);
    assert_eq!(said.stderr.matches("WARNING: DATA RACE").count(), 1000);
    assert!(said.stderr.contains("Found 2000 data race(s)"), "{}", said.stderr.lines().last().unwrap());
    let report = json(&place, "r.json");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1000);
    assert_eq!(report["totals"]["races"], 2_000);
    // On a terminal: some in full, then a line each, then how many more.
    let said = run(&mut place.hb(["report", "r.json"])).with_status(0);
    assert!(said.stdout.lines().count() < 1000, "{} lines", said.stdout.lines().count());
}

const KILLED: &str = r#"package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

var x int

func main() {
	go func() { x++ }()
	time.Sleep(10 * time.Millisecond)
	x++
	if len(os.Args) > 1 {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	child := exec.Command(os.Args[0], "child")
	child.Stderr = os.Stderr
	child.Run()
}
"#;

#[test]
fn a_killed_process_loses_nothing() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", KILLED);
    run(&mut place.hb(["--format", "json", "--output", "r.json", "run", "."])).with_status(1);
    let report = json(&place, "r.json");
    assert_eq!(report["totals"]["processes"], 2);
    assert_eq!(report["totals"]["unfinished_processes"], 1);
    let [finding] = report["findings"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
    assert_eq!(finding["counts"]["occurrences"], 2);
    assert_eq!(finding["counts"]["processes"], 2);
}

const FAILS: &str = r#"package p

import "testing"

func TestFails(t *testing.T) { t.Error("as it should") }
"#;

/// A test binary that fails exits with status 1, which does not go through the hook for the end of a program.
#[test]
fn a_process_that_fails_by_itself_is_not_one_that_was_killed() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("f_test.go", FAILS);
    let said = run(&mut place.hb(["--format", "json", "--output", "r.json", "test", "."])).with_status(1);
    assert!(!said.all().contains("closing record"), "{said:#?}");
    let report = json(&place, "r.json");
    assert_eq!(report["totals"]["processes"], 1);
    assert_eq!(report["totals"]["unfinished_processes"], 0);
    assert_eq!(report["processes"][0]["ended"], true);
    // Whoever crashes does not.
    place.write("f_test.go", &FAILS.replace("t.Error(", "panic("));
    run(&mut place.hb(["--format", "json", "--output", "r.json", "test", "."])).with_status(1);
    assert_eq!(json(&place, "r.json")["totals"]["unfinished_processes"], 1);
}

const SLOW: &str = r#"package p

import (
	"testing"
	"time"
)

var x int

func TestSlow(t *testing.T) {
	go func() { x++ }()
	time.Sleep(4 * time.Second)
	x++
}
"#;

/// What a terminal of 80 columns is sent by hb, and its status.
fn on_a_terminal(place: &Place, words: &[&str]) -> (String, Option<i32>) {
    let size = nix::pty::Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = nix::pty::openpty(&size, None).unwrap();
    let slave = || std::process::Stdio::from(pty.slave.try_clone().unwrap());
    let mut child =
        place.hb(words).stdin(slave()).stdout(slave()).stderr(slave()).env("TERM", "xterm").spawn().unwrap();
    drop(pty.slave);
    let mut terminal = fs::File::from(pty.master);
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    // The last slave's end is an error of the master.
    while let Ok(n) = std::io::Read::read(&mut terminal, &mut buffer) {
        if n == 0 {
            break;
        }
        seen.extend_from_slice(&buffer[..n]);
    }
    (String::from_utf8(seen).unwrap(), child.wait().unwrap().code())
}

#[test]
fn a_long_run_shows_a_line_on_a_terminal_and_takes_it_away() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    for package in ["a", "b"] {
        place.write(&format!("{package}/f_test.go"), SLOW);
    }
    let (seen, status) = on_a_terminal(&place, &["test", "-count=1", "-p=1", "./a", "./b"]);
    assert_eq!(status, Some(1), "{seen}");
    let lines: Vec<&str> = seen.split('\r').filter(|part| part.starts_with("hb: 0:")).collect();
    assert!(lines.iter().any(|line| line.contains("running a.test")), "{seen:?}");
    assert!(lines.iter().any(|line| line.contains("1 of 2 packages, ") && line.contains("running b.test")), "{seen:?}");
    assert!(lines.iter().all(|line| line.ends_with("\x1b[K") && line.len() < 80 + 3), "{lines:#?}");
    // Everything that stays is a line of its own.
    let stays = seen.rsplit("\x1b[K").next().unwrap();
    assert!(stays.contains("data race on package-level variable x"), "{seen:?}");
    assert!(stays.lines().last().unwrap().starts_with("hb: 2 races; 2 packages; 0:"), "{stays:?}");
    let results =
        seen.split("\r\n").filter(|line| line.trim_start_matches("\r\x1b[K").starts_with("FAIL\texample.com/p/"));
    assert_eq!(results.count(), 2, "{seen:?}");

    // What streams keeps the terminal to itself.
    let (seen, _) = on_a_terminal(&place, &["test", "-count=1", "-v", "./a", "./b"]);
    assert!(!seen.contains("running a.test") && seen.contains("hb: 2 races; 2 test binaries; 0:"), "{seen:?}");
}

const BLOCKS: &str = r#"package main

import "time"

type entry struct {
	hits int
	name string
}

type Cache struct {
	size    int
	entries [4]entry
}

func newCache() *Cache {
	return &Cache{size: 4}
}

func main() {
	c := newCache()
	slots := make(chan bool, 3)
	go func() {
		c.entries[2].name = "a"
		<-slots
	}()
	slots <- true
	time.Sleep(10 * time.Millisecond)
	c.entries[2].name = "b"
}
"#;

/// The first finding of a run of a program, in JSON.
fn first_finding(program: &str, explain: &str) -> Value {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", program);
    let mut hb = place.hb(["--format", "json", "--output", "r.json", "run", "."]);
    run(hb.env("HB_EXPLAIN", explain)).with_status(1);
    json(&place, "r.json")["findings"][0].clone()
}

#[test]
fn a_block_is_told_of_by_its_allocation_and_type() {
    let finding = first_finding(BLOCKS, "");
    let variable = &finding["variable"];
    assert_eq!(variable["inside"], "main.Cache.entries[2].name", "{variable:#}");
    assert_eq!((&variable["object_size"], &variable["offset"]), (&104.into(), &64.into()));
    assert_eq!((&variable["allocated"]["line"], &variable["allocated_by"]), (&16.into(), &"the main goroutine".into()));
    assert_eq!(variable["word"], "pointer");
    let object = &finding["race"]["object"];
    assert_eq!((&object["part"], &object["part_kind"]), (&"string".into(), &"string".into()));
    // newCache is inlined into main, and yet both are told.
    let functions: Vec<_> =
        object["alloc"].as_array().unwrap().iter().map(|frame| frame["fn"].as_str().unwrap()).collect();
    assert!(functions.ends_with(&["main.newCache", "main.main"]), "{functions:?}");
    let near =
        finding["near_misses"].as_array().unwrap().iter().find(|near| near["kind"] == "buffered_channel").unwrap();
    assert!(near["text"].as_str().unwrap().contains("channel slots is buffered (capacity 3)"), "{near}");

    // Where nobody wants to know, nothing is noted, and nothing is said to be forgotten.
    let finding = first_finding(BLOCKS, "0");
    assert_eq!(finding["variable"]["inside"], Value::Null);
    assert_eq!(finding["variable"]["allocation_forgotten"], Value::Null);
    assert_eq!(finding["variable"]["name"], "entry.name");
}

const GLOBALS: &str = r#"package main

import "time"

var version = "none"
var limits struct{ low, high int }
var total int32

func touch() {
	limits.high = 1
	total++
}

func main() {
	go touch()
	time.Sleep(10 * time.Millisecond)
	touch()
	println(version)
}
"#;

/// The go command leaves the symbol table out of what it runs only once: hb keeps it, beside the user's own flags for the linker.
#[test]
#[ignore = "a field of a variable of an anonymous struct type is named by the type's text, not by the variable"]
fn a_package_level_variable_is_told_of_by_name_and_size() {
    let place = Place::new();
    place.write("go.mod", "module example.com/p\n\ngo 1.25\n");
    place.write("main.go", GLOBALS);
    let variables = |more: &[&str]| {
        let mut words = vec!["--live", "none", "--format", "json", "--output", "r.json", "run"];
        words.extend(more);
        let said = run(&mut place.hb(words.into_iter().chain(["."]))).with_status(1);
        let mut variables: Vec<Value> = json(&place, "r.json")["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                let (variable, object) = (&finding["variable"], &finding["race"]["object"]);
                serde_json::json!([variable["name"], object["name"], variable["object_size"], variable["offset"]])
            })
            .collect();
        variables.sort_by_key(Value::to_string);
        (serde_json::json!(variables), said)
    };
    let named = serde_json::json!([["limits.high", "main.limits", 16, 8], ["total", "main.total", 4, 0]]);
    assert_eq!(variables(&[]).0, named);
    let (told, said) = variables(&["-ldflags=-X main.version=seven"]);
    assert_eq!(told, named);
    assert!(said.stderr.contains("seven"), "{said:#?}");
    // Who asks for none has none: the source still gives names.
    let none = serde_json::json!([["limits.high", null, 0, 0], ["total", null, 0, 0]]);
    assert_eq!(variables(&["-ldflags=-s"]).0, none);
}

/// A place of the table of allocations belongs to what was allocated there last: what churns on does not bring old stacks back.
#[test]
fn a_block_that_is_used_again_is_told_of_by_its_last_allocation() {
    let churn = BLOCKS.replace(
        "\tc := newCache()\n",
        "\tfor range 200000 {\n\t\tsink = new(Cache)\n\t\tother = append([]byte(nil), \"churn\"...)\n\t}\n\tc := newCache()\n\tfor range 1000 {\n\t\tother = make([]byte, 64)\n\t}\n",
    ) + "\nvar sink *Cache\nvar other []byte\n";
    let finding = first_finding(&churn, "1");
    assert_eq!(finding["variable"]["allocated"]["line"], 16, "{:#}", finding["variable"]);
    assert_eq!(finding["variable"]["inside"], "main.Cache.entries[2].name");
}
