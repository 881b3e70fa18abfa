//! A run without races says nothing of its own, and goroutines that nobody waits for are told
//! apart.

mod common;

use common::{Place, run};

/// Half a million goroutines write to a word of their own each, which their parent reads afterwards
/// if there is an argument.
const PROGRAM: &str = r#"package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	words := make([]int, 500_000)
	for i := range words {
		for runtime.NumGoroutine() > 100 {
			runtime.Gosched()
		}
		go func() { words[i] = 1 }()
	}
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	if len(os.Args) > 1 {
		fmt.Println(words[7])
	}
}
"#;

#[test]
fn half_a_million_goroutines_that_nobody_waits_for() {
    let place = Place::new();
    place.write("go.mod", "module example.com/many\n\ngo 1.25\n");
    place.write("main.go", PROGRAM);
    run(&mut place.hb(["build", "-o", "program", "."])).with_status(0);
    let started = |arguments: &[&str]| {
        run(std::process::Command::new(place.join("program")).args(arguments).env("GORACE", "atexit_sleep_ms=0"))
    };
    let clean = started(&[]).with_status(0);
    assert_eq!((clean.stdout.as_str(), clean.stderr.as_str()), ("", ""));
    // One of the first is remembered to the end.
    let racy = started(&["race"]).with_status(66).saying("Found 1 data race(s)");
    assert!(!racy.stderr.contains("hb: limit"), "{racy:?}");
}
