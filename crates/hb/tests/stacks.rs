//! Functions that may not grow the stack: hb leaves them what a build without `-race` does, and no less.

mod common;

use common::{Place, run};

/// A chain of three such functions with frames of `size` bytes each; the last one reads and writes memory that is shared. It is called at every
/// depth of the stack, from goroutines whose stacks are new.
fn program(size: u32) -> String {
    format!(
        r#"package main

import "sync"

var shared [64]int

//go:nosplit
//go:noinline
func last(i int) int {{
	var room [{size}]byte
	room[i&7] = 1
	shared[i&63] += int(room[i&7])
	return shared[i&63] + int(room[(i+1)&7])
}}

//go:nosplit
//go:noinline
func middle(i int) int {{
	var room [{size}]byte
	room[i&7] = 1
	return last(i) + int(room[(i+1)&7])
}}

//go:nosplit
//go:noinline
func first(i int) int {{
	var room [{size}]byte
	room[i&7] = 1
	return middle(i) + int(room[(i+1)&7])
}}

//go:noinline
func deeper(n, i int) int {{
	if n == 0 {{
		return first(i)
	}}
	var room [24]byte
	room[i&7] = 1
	return deeper(n-1, i) + int(room[(i+1)&7])
}}

func main() {{
	var mu sync.Mutex
	var wg sync.WaitGroup
	sum := 0
	for i := range 2000 {{
		wg.Go(func() {{
			mu.Lock()
			defer mu.Unlock()
			sum += deeper(i%200, i)
		}})
	}}
	wg.Wait()
	total := 0
	for _, n := range shared {{
		total += n
	}}
	println(total, sum > 0)
}}
"#
    )
}

#[test]
fn a_chain_that_nearly_fills_the_guard_runs() {
    let place = Place::new();
    place.module();
    place.write("main.go", &program(200));
    for processors in ["1", "4"] {
        let mut hb = place.hb(["run", "main.go"]);
        run(hb.env("GOMAXPROCS", processors)).with_status(0).saying("2000 true");
    }
    run(place.hb(["run", "main.go"]).env("CGO_ENABLED", "0")).with_status(0).saying("2000 true");
}

#[test]
fn a_chain_that_is_too_long_is_found_by_the_linker() {
    let place = Place::new();
    place.module();
    place.write("main.go", &program(400));
    run(&mut place.go(["build", "main.go"])).with_status(1).saying("nosplit stack over");
    run(&mut place.hb(["build", "main.go"])).with_status(1).saying("nosplit stack over").saying("HB_DELIVERY=plain");
    let mut plain = place.hb(["run", "main.go"]);
    run(plain.env("HB_DELIVERY", "plain")).with_status(0).saying("2000 true");
    run(place.hb(["build", "main.go"]).env("CGO_ENABLED", "0")).saying("nosplit stack over");
}
