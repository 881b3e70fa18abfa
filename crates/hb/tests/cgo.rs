//! Programs that use cgo: callbacks from threads that C made, Go as a library of a C program, and what links externally.

mod common;

use common::{Place, Said, run};
use std::process::Command;

const CALLBACKS: &str = include_str!("programs/callbacks.go");
const LIBRARY: &str = include_str!("programs/library.go");
const LIBRARY_MAIN: &str = include_str!("programs/library_main.c");

/// Without a C compiler there is no cgo, and nothing to test.
fn no_c_compiler() -> bool {
    let none = Command::new("cc").arg("--version").output().is_err();
    if none {
        eprintln!("not tried: there is no C compiler");
    }
    none
}

fn races(said: &Said) -> usize {
    said.stderr.matches("WARNING: DATA RACE").count()
}

#[test]
fn callbacks_from_c_threads() {
    if no_c_compiler() {
        return;
    }
    let place = Place::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.25\n");
    place.write("main.go", CALLBACKS);
    for delivery in ["fast", "plain"] {
        let program = place.join(delivery);
        let line = ["--delivery", delivery, "build", "-o", delivery, "."];
        run(place.hb(line).env("CGO_ENABLED", "1")).with_status(0);
        // What `case` does at GOMAXPROCS `procs`.
        let said = |case: &str, procs: &str| {
            let mut command = Command::new(&program);
            run(command.arg(case).env("GOMAXPROCS", procs).env_remove("GORACE"))
        };
        for procs in ["1", "4"] {
            for racy in ["threads", "thread", "goroutine"] {
                let said = said(racy, procs).with_status(66);
                assert_eq!(races(&said), 1, "{racy}: {said:#?}");
                // The C thread's goroutine is shown as Go knows it, down to the function that C called.
                for part in ["  main.callback()\n", "_callback()\n", "created at:\n  runtime.newextram()\n"] {
                    assert!(said.stderr.contains(part), "{racy} lacks {part}: {said:#?}");
                }
            }
            for (ordered, result) in
                [("channel", ""), ("mutex", "8001\n"), ("join", "2016\n"), ("turns", "500\n"), ("own", "16000\n")]
            {
                let said = said(ordered, procs).with_status(0);
                assert_eq!((said.stdout.as_str(), said.stderr.as_str()), (result, ""), "{ordered}");
            }
        }
    }
}

#[test]
fn a_library_of_a_c_program() {
    if no_c_compiler() {
        return;
    }
    let place = Place::new();
    place.write("go.mod", "module example.com/lib\n\ngo 1.25\n");
    place.write("lib.go", LIBRARY);
    place.write("c/main.c", LIBRARY_MAIN);
    for (mode, library) in [("-buildmode=c-archive", "lib.a"), ("-buildmode=c-shared", "lib.so")] {
        let line = ["build", mode, "-o", library, "."];
        run(place.hb(line).env("CGO_ENABLED", "1")).with_status(0);
        let mut cc = Command::new("cc");
        cc.args(["-I.", "-o", "program", "c/main.c"]).arg(format!("./{library}")).arg("-lpthread");
        run(cc.current_dir(place.path())).with_status(0);
        // The exit status is that of the C program.
        let said = |words: &[&str]| run(Command::new("./program").args(words).current_dir(place.path())).with_status(3);
        let (clean, racy) = (said(&[]), said(&["race"]));
        assert_eq!((clean.stdout.as_str(), clean.stderr.as_str(), races(&racy)), ("1000\n", "", 1), "{racy:#?}");
    }
}

#[test]
fn programs_that_link_externally() {
    if no_c_compiler() {
        return;
    }
    let place = Place::new();
    place.module();
    for delivery in ["fast", "plain"] {
        let line = ["--delivery", delivery, "run", "-ldflags=-linkmode=external", ".", "race"];
        let said = run(place.hb(line).env("CGO_ENABLED", "1")).with_status(1);
        assert_eq!(races(&said), 1, "{said:#?}");
    }
}
