//! Address space: what hb takes of it, and memory that the program maps by itself.

mod common;

use common::{Place, Said, run};
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = include_str!("programs/space.go");

/// Builds the program with these environment variables, and looks at everything.
fn look(variables: &[(&str, &str)]) {
    let place = Place::new();
    place.write("go.mod", "module example.com/space\n\ngo 1.25\n");
    place.write("main.go", PROGRAM);
    run(place.hb(["build", "-o", "program", "."]).envs(variables.iter().copied())).with_status(0);
    let program = &place.join("program");
    any_limit_on_address_space_above_what_is_needed_will_do(program);
    memory_that_the_program_maps_is_used_as_any(program);
    the_heap_goes_on_behind_what_lies_in_its_way(program);
    what_is_too_large_fails_in_the_words_of_go(program);
    who_locks_all_memory_locks_what_is_used(program);
    limits_that_a_program_sets_itself_leave_it_running(program);
    what_is_mapped_is_little_and_in_few_pieces(program);
}

#[test]
fn on_the_fast_path() {
    look(&[]);
}

#[test]
fn on_the_plain_path() {
    look(&[("HB_DELIVERY", "plain")]);
}

#[test]
fn without_cgo() {
    look(&[("CGO_ENABLED", "0")]);
}

fn started(program: &Path, mode: &str) -> Said {
    run(Command::new(program).arg(mode).env("GORACE", "atexit_sleep_ms=0"))
}

/// Starts the program with a limit of so many megabytes of address space (`-v`) or of data (`-d`).
fn limited(program: &Path, limit: &str, megabytes: u64) -> Said {
    let script = format!("ulimit {limit} {} && exec \"$0\" work", megabytes << 10);
    run(Command::new("sh").arg("-c").arg(script).arg(program).env("GORACE", "atexit_sleep_ms=0"))
}

fn any_limit_on_address_space_above_what_is_needed_will_do(program: &Path) {
    for gigabytes in [2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 50, 60, 64, 128] {
        let said = limited(program, "-v", gigabytes << 10).with_status(0);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("8388608\n", ""), "{gigabytes} GB");
    }
    limited(program, "-d", 2 << 10).with_status(0);
    // Too little for anything is said, and no crash.
    let said = limited(program, "-v", 100);
    assert!(said.status != Some(0) && said.stderr.contains("memory") && !said.stderr.contains("SIGSEGV"), "{said:?}");
}

fn memory_that_the_program_maps_is_used_as_any(program: &Path) {
    let said = started(program, "mapped").with_status(0);
    assert_eq!((said.stdout, said.stderr), ("4000 15 hello\n".repeat(6), String::new()));
}

/// What lies there has no shadow, and is not taken for a part of the heap.
fn the_heap_goes_on_behind_what_lies_in_its_way(program: &Path) {
    let said = started(program, "gap").with_status(66);
    assert_eq!(said.stdout, "4000 15 hello\nwent on: true\n4000 15 hello\nand now the heap\n", "{said:?}");
    let races = said.stderr.matches("WARNING: DATA RACE").count();
    assert!(races > 0 && said.stderr.contains(&format!("Found {races} data race(s)")), "{said:?}");
    // All of them are of the heap: the addresses are those of its second part.
    for line in said.stderr.lines().filter(|line| line.contains(" at 0x")) {
        assert!(line.contains(" at 0x00c1"), "{line}");
    }
}

fn what_is_too_large_fails_in_the_words_of_go(program: &Path) {
    let said = started(program, "huge").with_status(2);
    let first = said.stderr.lines().next().unwrap_or_default();
    assert!(first.contains("out of memory"), "{said:?}");
    assert!(said.stderr.contains("main.main()") && !said.stderr.contains("hb:"), "{said:?}");
}

fn who_locks_all_memory_locks_what_is_used(program: &Path) {
    let said = started(program, "lock");
    if said.status != Some(0) {
        eprintln!("not tried: this process may not lock memory ({})", said.stdout.trim());
        return;
    }
    let locked: u64 = said.stdout.trim().trim_start_matches("locked ").parse().expect("megabytes");
    assert!(locked < 500, "{locked} MB are locked");
}

fn limits_that_a_program_sets_itself_leave_it_running(program: &Path) {
    let said = started(program, "limit").with_status(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("done\n", ""));
}

fn what_is_mapped_is_little_and_in_few_pieces(program: &Path) {
    let said = started(program, "size").with_status(0);
    let numbers: Vec<u64> = said.stdout.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [size, pieces] = numbers[..] else { panic!("{said:?}") };
    assert!(size < 2500 && pieces < 300, "{size} MB in {pieces} mappings");
}
