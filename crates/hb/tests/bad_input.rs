//! What users and machines can get wrong: each case says what it is and ends with its own exit status.

mod common;

use common::{GOROOT, Place, run};
use std::fs;

const USAGE: i32 = 30;
const NO_GO: i32 = 31;
const GO_TOO_OLD: i32 = 32;
const UNSUPPORTED_PLATFORM: i32 = 33;
const TOOLCHAIN: i32 = 34;
const CACHE: i32 = 35;

#[test]
fn no_go_command() {
    let place = Place::new();
    fs::create_dir(place.join("empty")).unwrap();
    let mut command = place.hb(["test", "./..."]);
    run(command.env("PATH", place.join("empty"))).with_status(NO_GO).saying("no go command on PATH");
    let mut command = place.hb(["test"]);
    run(command.env("HB_GO", place.join("no/go"))).with_status(NO_GO).saying("HB_GO=");
    // A directory and a file without the right to be run are no go commands.
    fs::create_dir(place.join("empty/go")).unwrap();
    let mut command = place.hb(["test"]);
    run(command.env("PATH", place.join("empty"))).with_status(NO_GO);
}

#[test]
fn a_go_too_old() {
    let place = Place::new();
    let old =
        place.script("old-go", r#"printf '{"GOROOT":"/old","GOVERSION":"go1.24.11","GOOS":"linux","GOARCH":"amd64"}'"#);
    let mut command = place.hb(["test", "./..."]);
    run(command.env("HB_GO", old))
        .with_status(GO_TOO_OLD)
        .saying("go1.24.11 (in /old) is too old: hb needs Go 1.25 or newer");
}

#[test]
fn something_else_than_go() {
    let place = Place::new();
    for (body, text) in [
        ("echo hello", "is it a go command?"),
        ("echo '{}'", "does not know its GOROOT"),
        ("echo '{\"GOROOT\":\"/x\",\"GOVERSION\":\"weird\"}'", "cannot tell which Go"),
        ("kill -KILL $$", "ended with signal"),
    ] {
        let other = place.script("other", body);
        run(place.hb(["test"]).env("HB_GO", other)).with_status(TOOLCHAIN).saying(text);
    }
    // What the go command itself refuses is said by it, once, and its status is hb's.
    let broken = place.script("broken", "echo 'go: my own words' >&2; exit 7");
    let said = run(place.hb(["test"]).env("HB_GO", broken)).with_status(7);
    assert_eq!(said.stderr, "go: my own words\n");
}

#[test]
fn other_systems() {
    let place = Place::new();
    place.module();
    for (goos, goarch) in [("windows", "amd64"), ("linux", "arm64"), ("darwin", "arm64")] {
        let mut command = place.hb(["build", "."]);
        run(command.env("GOOS", goos).env("GOARCH", goarch))
            .with_status(UNSUPPORTED_PLATFORM)
            .saying(&format!("{goos}/{goarch} is not supported"));
    }
}

#[test]
fn flags_that_contradict_race_detection() {
    let place = Place::new();
    let go = place.fake_go("exit 0");
    for (arguments, text) in [
        (&["test", "-msan", "."][..], "-msan cannot be combined"),
        (&["test", ".", "-asan"], "-asan cannot be combined"),
        (&["build", "--asan=true"], "-asan cannot be combined"),
        (&["run", "-race=false", "."], "-race=false contradicts"),
        (&["build", "-compiler", "gccgo"], "hb needs the gc compiler"),
    ] {
        run(place.hb(arguments).env("HB_GO", &go)).with_status(USAGE).saying(text);
    }
    for (goflags, text) in [
        ("-msan", "-msan (from GOFLAGS) cannot be combined"),
        ("-compiler=gccgo", "-compiler=gccgo (from GOFLAGS) has no race detection"),
    ] {
        let mut command = place.hb(["test"]);
        run(command.env("HB_GO", &go).env("GOFLAGS", goflags)).with_status(USAGE).saying(text);
    }
    assert!(!place.join("argv").exists(), "the go command was run");

    // The command line overrides GOFLAGS, and what belongs to the program is no flag.
    let mut command = place.hb(["run", "-race", ".", "-msan"]);
    run(command.env("HB_GO", &go).env("GOFLAGS", "-race=false")).with_status(0);
}

#[test]
fn hbs_own_command_line() {
    let place = Place::new();
    let no_arguments: [&str; 0] = [];
    run(&mut place.hb(no_arguments)).with_status(USAGE);
    run(&mut place.hb(["--nosuch", "test"])).with_status(USAGE);
    run(&mut place.hb(["tset"])).with_status(USAGE).saying("hb has no command tset: did you mean `hb test`?");
    run(&mut place.hb(["frobnicate"])).with_status(USAGE).saying("`hb help` lists them");
    run(&mut place.hb(["-C", "no/such", "test"])).with_status(USAGE).saying("-C no/such");
    run(&mut place.hb(["--output", "x", "test"])).with_status(USAGE).saying("each --output needs its --format");
    run(&mut place.hb(["--delivery", "slow", "test"])).with_status(USAGE);
}

#[test]
fn a_damaged_toolchain() {
    let place = Place::new();
    place.module();
    for missing in ["race.go", "race_amd64.s"] {
        let goroot = place.linked_goroot(missing);
        fs::remove_file(goroot.join("src/runtime").join(missing)).unwrap();
        let mut command = place.hb(["build", "-o", "/dev/null", "."]);
        run(command.env("GOROOT", &goroot)).with_status(TOOLCHAIN).saying(missing);
    }
    // A file that is there in part is known for one that hb does not know, and the go command says what is wrong with it.
    for (cut, notice, of_go) in [
        ("race.go", "differs from those that hb knows, so the slower way", "undefined: raceenabled"),
        ("chan.go", "", "syntax error: unexpected EOF"),
    ] {
        let goroot = place.linked_goroot(&format!("cut {cut}"));
        let file = goroot.join("src/runtime").join(cut);
        let whole = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        fs::write(&file, &whole[..3500]).unwrap();
        let mut command = place.hb(["build", "-o", "/dev/null", "."]);
        run(command.env("GOROOT", &goroot)).with_status(1).saying(notice).saying(of_go);
    }
    let goroot = place.linked_goroot("no runtime");
    fs::remove_dir_all(goroot.join("src/runtime")).unwrap();
    run(place.hb(["build", "."]).env("GOROOT", &goroot)).with_status(TOOLCHAIN).saying("has no src/runtime");
}

#[test]
fn no_usable_cache() {
    let place = Place::new();
    place.module();
    // Not even root can make a directory below a file.
    let file = place.write("file", "");
    run(place.hb(["test", "./clean"]).env("HB_CACHE", file.join("cache")))
        .with_status(CACHE)
        .saying("HB_CACHE=/some/dir");
    run(place.hb(["test"]).env("HB_CACHE", "relative")).with_status(CACHE).saying("must be an absolute path");
    // Without any of them hb keeps its files beside GOCACHE or in the temporary directory: tests/outcome.rs.
}

#[test]
fn an_overlay_that_cannot_be_joined() {
    let place = Place::new();
    place.module();
    run(&mut place.hb(["test", "-overlay=nosuch.json", "./clean"]))
        .with_status(USAGE)
        .saying("the overlay nosuch.json cannot be read");
    place.write("o.json", "[]");
    run(&mut place.hb(["test", "-overlay", "o.json", "./clean"])).with_status(USAGE).saying("is not as it should be");
    let runtime = GOROOT.join("src/runtime");
    place.write("o.json", &format!(r#"{{"Replace": {{"{}": "x.go"}}}}"#, runtime.display()));
    run(&mut place.hb(["test", "-overlay=o.json", "./clean"]))
        .with_status(USAGE)
        .saying("which hb has to replace itself");
    // Whoever replaces the race hooks themselves can have hb's runtime behind them, but needs cgo for that.
    let hooks = GOROOT.join("src/runtime/race_amd64.s");
    place.write("o.json", &format!(r#"{{"Replace": {{"{0}": "{0}"}}}}"#, hooks.display()));
    let mut without_cgo = place.hb(["test", "-overlay=o.json", "./clean"]);
    let said = run(without_cgo.env("CGO_ENABLED", "0"));
    assert_ne!(said.status, Some(0));
    said.saying("the overlay replaces runtime/race_amd64.s");
}

#[test]
fn a_limited_address_space_is_said_by_the_program() {
    let place = Place::new();
    place.module();
    run(&mut place.hb(["build", "-o", "program", "."])).with_status(0);
    place.script("limited", "ulimit -d 75000\nexec \"$@\"");
    let under = |limit: &str| {
        let line = format!("ulimit {limit}; exec \"$0\"");
        run(std::process::Command::new("sh").args(["-c", &line]).arg(place.join("program"))).with_status(2)
    };
    under("-d 10000").saying("MB of address space for hb").saying("ulimit -v").saying("ulimit -d");
    let said = under("-d 75000").saying("MB of address space for the shadow of more heap").saying("ulimit -d");
    // The message comes through hb.
    let both = format!("exec '{}' run -exec ./limited .", env!("CARGO_BIN_EXE_hb"));
    let mut hb = place.hb([""; 0]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &both]).current_dir(place.path());
    for (name, value) in hb.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let _ = &mut hb;
    let through = run(&mut command);
    assert_ne!(through.status, Some(0), "{through:?}");
    let first = said.stderr.lines().next().unwrap();
    assert!(through.stderr.contains(first), "{through:?} lacks {first:?}");
}

#[test]
#[ignore = "needs an unpacked Go 1.24: HB_TEST_GO_1_24=/path/to/bin/go"]
fn the_real_go_1_24() {
    let old = std::env::var_os("HB_TEST_GO_1_24").expect("HB_TEST_GO_1_24 is set");
    let place = Place::new();
    place.write("go.mod", "module m\n\ngo 1.20\n");
    run(place.hb(["test"]).env("HB_GO", old)).with_status(GO_TOO_OLD).saying("is too old");
}
