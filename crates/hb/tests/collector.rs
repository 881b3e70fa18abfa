//! When the collector runs under hb: large heaps are collected before they have doubled, unless the program says otherwise.

mod common;

use common::{Place, run};

/// Prints how much the heap may grow, as a part of what is live: for a small one, a large one, and one with a percentage of its own.
const PROGRAM: &str = r#"package main

import (
	"runtime"
	"runtime/debug"
)

func growth() string {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	switch part := float64(m.NextGC) / float64(m.HeapAlloc); {
	case part < 1.4:
		return "less"
	case part < 1.65:
		return "half"
	case part < 1.9:
		return "more than half"
	case part < 2.2:
		return "as much"
	default:
		return "more"
	}
}

var live [][]byte

func hold(megabytes int) {
	for len(live) < megabytes {
		live = append(live, make([]byte, 1<<20))
	}
}

func main() {
	hold(16)
	println(growth())
	hold(128)
	println(growth())
	println(debug.SetGCPercent(200))
	println(growth())
}
"#;

#[test]
fn large_heaps_grow_by_half() {
    let place = Place::new();
    place.module();
    place.write("main.go", PROGRAM);
    let said = run(&mut place.hb(["run", "main.go"])).with_status(0);
    assert_eq!(said.stderr, "as much\nhalf\n100\nmore\n");
    let said = run(place.hb(["run", "main.go"]).env("GOGC", "80")).with_status(0);
    assert_eq!(said.stderr, "more than half\nmore than half\n80\nmore\n");
}
