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

/// What stock leaves such functions, which is twice what a build without `-race` does, hb leaves a program that needs it.
#[test]
fn a_chain_that_fits_a_race_build_is_linked_with_more_room() {
    const SAID: &str = "new goroutines start with larger stacks";
    let place = Place::new();
    place.module();
    place.write("main.go", &program(230));
    place.write("deep/main.go", &program(400));
    place.write("deep/deep_test.go", "package main\n\nimport \"testing\"\n\nfunc TestDeep(t *testing.T) { main() }\n");
    for cgo in ["1", "0"] {
        run(place.hb(["build", "-o", "few", "main.go"]).env("CGO_ENABLED", cgo)).with_status(0).saying(SAID);
        for processors in ["1", "4"] {
            let mut few = std::process::Command::new(place.join("few"));
            run(few.env("GOMAXPROCS", processors)).with_status(0).saying("2000 true");
        }
        // Several packages, of which one needs it.
        let mut hb = place.hb(["test", "-count=1", "./deep", "./clean"]);
        let said = run(hb.env("CGO_ENABLED", cgo)).with_status(0);
        assert!(
            said.stdout.contains("ok  \texample.com/m/deep") && said.stdout.contains("ok  \texample.com/m/clean"),
            "{said:#?}"
        );
        assert_eq!(said.all().matches(SAID).count(), 1, "{said:#?}");
    }
}

/// As a debugger builds: frames are larger, also those of the standard library.
#[test]
fn a_chain_without_optimisation_runs() {
    let place = Place::new();
    place.module();
    place.write("main.go", &program(200));
    run(&mut place.hb(["run", "-gcflags=all=-N -l", "main.go"])).with_status(0).saying("2000 true");
}

#[test]
fn a_chain_that_is_too_long_is_found_by_the_linker() {
    let place = Place::new();
    place.module();
    place.write("main.go", &program(600));
    run(&mut place.hb(["build", "main.go"])).with_status(1).saying("nosplit stack over");
    run(place.hb(["build", "main.go"]).env("CGO_ENABLED", "0")).with_status(1).saying("nosplit stack over");
}
