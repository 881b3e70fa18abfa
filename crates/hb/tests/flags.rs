//! Flags of the go command, `GOFLAGS` and toolchain lines, each with its effect: what `go … -race` says with one, hb says with it.

mod common;

use common::{GO, Place, run, steady, without_notices};
use std::fs;

const LIB: &str = r#"package p

import "sync"

var (
	mu sync.Mutex
	n  int
)

// Inc counts.
func Inc() int {
	mu.Lock()
	defer mu.Unlock()
	n++
	return n
}
"#;

const LIB_TEST: &str = r#"package p

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestInc(t *testing.T) {
	go Inc()
	Inc()
}

func TestShort(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
}

func TestSub(t *testing.T) {
	t.Run("a b", func(t *testing.T) {})
}

func TestVariable(t *testing.T) { t.Log(os.Getenv("BY_WRAPPER")) }

func TestSlow(t *testing.T) {
	if os.Getenv("SLOW") != "" {
		time.Sleep(time.Hour)
	}
}

func TestArguments(t *testing.T) { t.Log(os.Args[len(os.Args)-1] == "own") }

func BenchmarkInc(b *testing.B) {
	for b.Loop() {
		Inc()
	}
}

func FuzzInc(f *testing.F) {
	f.Add("x")
	f.Fuzz(func(t *testing.T, s string) {
		if os.Getenv("RACY") == "" {
			return
		}
		x, done := 0, make(chan bool)
		go func() {
			x = 1
			done <- true
		}()
		x = 2
		<-done
		_ = x
	})
}

func Example() {
	fmt.Println("example")
	// Output: example
}
"#;

const PROGRAM: &str = r#"package main

import (
	"fmt"
	"runtime"
)

var version = "none"

func main() {
	_, file, _, _ := runtime.Caller(0)
	fmt.Println(version, file, tagged)
}
"#;

fn module(place: &Place) {
    place.write("go.mod", "module example.com/f\n\ngo 1.25\n");
    place.write("p/p.go", LIB);
    place.write("p/p_test.go", LIB_TEST);
    place.write("cmd/main.go", PROGRAM);
    place.write("cmd/on.go", "//go:build mine\n\npackage main\n\nconst tagged = true\n");
    place.write("cmd/off.go", "//go:build !mine\n\npackage main\n\nconst tagged = false\n");
}

/// Without figures of benchmarks and processors.
fn without_figures(text: &str) -> String {
    let text = steady(text);
    let lines = text.lines().map(|line| match line.split_once(' ') {
        Some((name, figures)) if name.starts_with("Benchmark") => {
            let units: Vec<_> = figures.split_whitespace().filter(|word| word.parse::<f64>().is_err()).collect();
            format!("{} {}\n", name.trim_end(), units.join(" "))
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn each_flag_has_its_effect() {
    let place = Place::new();
    module(&place);
    for line in [
        &["test", "-v", "-count=2", "-run", "TestSub/a b", "./p"][..],
        &["test", "-v", "-skip=TestSlow|Fuzz", "-short", "-shuffle=7", "-cpu=2", "-parallel=1", "./p"],
        &["test", "-run=^$", "-bench=.", "-benchtime=20x", "-benchmem", "./p"],
        &["test", "-v", "-run=Variable", "-count=1", "-exec", "env BY_WRAPPER=yes", "./p"],
        &["test", "-v", "-run=Arguments", "./p", "-args", "own"],
        &["test", "-run=Sub", "-p=1", "-timeout=60s", "-failfast", "-fullpath", "-vet=printf", "-a=false", "./..."],
        &["test", "-run=Inc", "-coverpkg=./...", "-coverprofile=c.out", "-count=1", "./p", "./cmd"],
        &["test", "./p/p.go", "./p/p_test.go"],
        &["run", "-tags=mine", "./cmd"],
        &["run", "-ldflags=-s -X 'main.version=1 2'", "./cmd"],
        &["run", "-gcflags=-N -l", "-asmflags=-D=x", "-pgo=off", "./cmd"],
        &["run", "-trimpath", "-mod=readonly", "./cmd"],
        &["run", "./cmd/main.go", "./cmd/off.go"],
        &["build", "-C", "cmd", "-o", "../out/", "."],
        &["build", "-buildmode=pie", "-o", "pie", "./cmd"],
    ] {
        let (subcommand, rest) = line.split_at(1);
        let after = if rest.first() == Some(&"-C") { 2 } else { 0 };
        let stock = [subcommand, &rest[..after], &["-race"], &rest[after..]].concat();
        let (go, hb) = (run(&mut place.go(&stock)), run(&mut place.hb(line)));
        assert_eq!(hb.status, go.status, "{line:?}: {go:#?} {hb:#?}");
        assert_eq!(without_figures(&hb.stdout), without_figures(&go.stdout), "{line:?}");
        assert_eq!(steady(&without_notices(&hb.stderr)), steady(&go.stderr), "{line:?}");
    }
    assert!(fs::exists(place.join("out/cmd")).unwrap());
    // The whole coverage, statement by statement.
    assert!(fs::read_to_string(place.join("c.out")).unwrap().contains("example.com/f/p/p.go:11.16,16.2 4 "));
    let slow = run(place.hb(["test", "-timeout=1s", "-run=Slow", "./p"]).env("SLOW", "1")).with_status(1);
    assert!(slow.stdout.contains("panic: test timed out after 1s"), "{slow:#?}");
}

#[test]
fn fuzzing_goes_on_and_ends_at_a_race() {
    let place = Place::new();
    module(&place);
    let line = ["test", "-run=^$", "-fuzz=FuzzInc", "-fuzztime=20x", "./p"];
    let said = run(&mut place.hb(line)).with_status(0);
    assert!(said.stdout.contains("now fuzzing with"), "{said:#?}");
    let said = run(place.hb(line).env("RACY", "1")).with_status(1);
    assert!(said.stdout.contains("race detected during execution of test"), "{said:#?}");
}

#[test]
fn flags_from_the_environment() {
    let place = Place::new();
    module(&place);
    for cgo in ["1", "0"] {
        // Where cgo is off hb sets a tag of its own, and those of the user stay.
        let hb = |flags: &str| {
            let mut command = place.hb(["run", "./cmd"]);
            run(command.env("GOFLAGS", flags).env("CGO_ENABLED", cgo)).with_status(0).stdout
        };
        let said = hb("-race -tags=mine -count=1");
        assert!(said.ends_with("/cmd/main.go true\n"), "{said}");
        let said = hb("'-ldflags=-X main.version=3' -v");
        assert!(said.starts_with("3 /") && said.ends_with(" false\n"), "{said}");
        // The command line has the last word.
        let mut command = place.hb(["run", "-tags=other", "./cmd"]);
        let said = run(command.env("GOFLAGS", "-tags=mine").env("CGO_ENABLED", cgo)).with_status(0);
        assert!(said.stdout.ends_with(" false\n"), "{said:#?}");
    }
}

#[test]
fn a_toolchain_line_switches() {
    let place = Place::new();
    place.module();
    // Another toolchain, by the name that the go command looks for: the same one, which tells of its use.
    let other = place.script(
        "bin/go1.99.0",
        &format!(
            "echo \"$1\" >> \"$0.used\"\nunset GOTOOLCHAIN_INTERNAL_SWITCH_VERSION\nGOTOOLCHAIN=local exec '{}' \"$@\"",
            GO.display()
        ),
    );
    let path = std::env::join_paths(
        [other.parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let used = || {
        let used = fs::read_to_string(place.join("bin/go1.99.0.used")).unwrap_or_default();
        let _ = fs::remove_file(place.join("bin/go1.99.0.used"));
        used
    };
    let hb = |toolchain: &str, work: &str| {
        let mut command = place.hb(["run", ".", "race"]);
        command.env("PATH", &path).env("GOTOOLCHAIN", toolchain).env("GOWORK", work);
        let said = run(&mut command).with_status(1);
        assert_eq!(said.stderr.matches("WARNING: DATA RACE").count(), 1, "{said:#?}");
        used()
    };
    assert_eq!(hb("path", "off"), "");
    let switched = "env\nrun\n";
    assert_eq!(hb("go1.99.0", "off"), switched);
    place.write("go.mod", "module example.com/m\n\ngo 1.25\n\ntoolchain go1.99.0\n");
    assert_eq!(hb("path", "off"), switched);
    assert_eq!(hb("local", "off"), "");
    place.write("go.mod", "module example.com/m\n\ngo 1.25\n");
    place.write("go.work", "go 1.25\n\ntoolchain go1.99.0\n\nuse .\n");
    assert_eq!(hb("path", ""), switched);
    // One that does not exist is the go command's to refuse.
    place.write("go.work", "go 1.98\n\nuse .\n");
    run(place.hb(["run", "."]).env("GOTOOLCHAIN", "local")).with_status(1).saying("requires go >= 1.98");
}
