//! hb where the go command is expected: what goes on to it, and hb under its name in front of `PATH`.

mod common;

use common::{GO, Place, Said, run};
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `PATH` with these directories in front.
fn path_with(front: &[&Path]) -> OsString {
    let path = std::env::var_os("PATH").unwrap();
    let rest = std::env::split_paths(&path);
    std::env::join_paths(front.iter().map(|dir| dir.to_path_buf()).chain(rest)).unwrap()
}

/// A directory with a `go` that is a link to hb.
fn shim(place: &Place) -> PathBuf {
    let directory = place.join("shim");
    std::fs::create_dir_all(&directory).unwrap();
    symlink(env!("CARGO_BIN_EXE_hb"), directory.join("go")).unwrap();
    directory
}

/// A directory with a stand-in for the go command that notes its arguments, as [`Place::fake_go`].
fn recording(place: &Place) -> PathBuf {
    let body = std::fs::read_to_string(place.fake_go("")).unwrap().replace("/argv", "/../argv");
    place.script("real/go", body.trim_start_matches("#!/bin/sh\n"));
    place.join("real")
}

/// `sh -c SCRIPT` in the environment of [`Place::hb`].
fn sh(place: &Place, script: &str, front: &[&Path]) -> Command {
    let hb = place.hb(["version"]);
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(place.path());
    for (name, value) in hb.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("PATH", path_with(front)).env("HB", env!("CARGO_BIN_EXE_hb"));
    command
}

#[test]
fn an_unchanged_makefile_uses_hb() {
    let place = Place::new();
    place.module();
    place.write(
        "Makefile",
        "test:\n\tgo test -race ./racy ./clean\nplain:\n\tgo test ./racy\nlint:\n\tgo vet ./clean\n",
    );
    if Command::new("make").arg("--version").output().is_err() {
        eprintln!("skipped: there is no make here");
        return;
    }
    let make = |target: &str, env: &str| -> Said {
        run(&mut sh(&place, &format!("eval \"$($HB env --shell=sh)\" && {env} make {target}"), &[]))
    };
    // Only hb knows these variables.
    let said = make("test", "").with_status(2);
    assert!(
        said.stdout.contains("FAIL\texample.com/m/racy") && said.stdout.contains("ok  \texample.com/m/clean"),
        "{said:#?}"
    );
    let said = make("test", "HB_FAIL=never").with_status(0);
    assert!(said.stdout.contains("ok  \texample.com/m/racy"), "{said:#?}");
    make("test", "HB_FAIL=sometimes").with_status(2).saying("'--fail <WHICH>'");
    // Without -race nothing of hb's is looked at.
    let said = make("plain lint", "HB_FAIL=sometimes").with_status(0);
    assert!(said.stdout.contains("ok  \texample.com/m/racy"), "{said:#?}");
}

#[test]
fn only_race_builds_are_taken_over() {
    let place = Place::new();
    let (shim, real) = (shim(&place), recording(&place));
    let front = [shim.as_path(), real.as_path()];
    let turned = |line: &[&str], goflags: &str| {
        let mut words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
        words.insert(0, "go".to_owned());
        let said = run(sh(&place, &words.join(" "), &front).env("GOFLAGS", goflags));
        assert_eq!(said.status, Some(0), "{said:#?}");
        let argv = place.argv();
        let turned = argv.iter().any(|word| word.starts_with("-overlay") || word.starts_with("-toolexec"));
        assert!(turned || argv == line, "{argv:?}");
        turned
    };
    for (line, goflags) in [
        (&["test", "-race", "./..."][..], ""),
        (&["test", "./...", "--race=1", "-v"], ""),
        (&["run", "-race", ".", "-race=false"], ""),
        (&["build", "-o", "x", "-race"], "-buildvcs=false"),
        (&["install", "-race", "."], ""),
        (&["test", "."], "-race"),
    ] {
        assert!(turned(line, goflags), "{line:?}");
    }
    for (line, goflags) in [
        (&["test", "./..."][..], ""),
        (&["test", "-race=false", "."], "-race"),
        (&["test", "-run", "-race"], ""),
        (&["run", ".", "-race"], ""),
        (&["vet", "-race", "./..."], "-race"),
        (&["list", "-race", "-json", "a b"], ""),
        (&["help", "test"], ""),
        (&["version"], ""),
        (&["--nosuch"], ""),
    ] {
        assert!(!turned(line, goflags), "{line:?}");
    }
}

#[test]
fn what_hb_cannot_build_the_go_command_does() {
    let place = Place::new();
    let (shim, real) = (shim(&place), recording(&place));
    let mut command = sh(&place, "go build -race .", &[&shim, &real]);
    run(command.env("GOARCH", "arm64")).with_status(0).saying("linux/arm64 is not supported");
    assert_eq!(place.argv(), ["build", "-race", "."]);
}

#[test]
fn hb_never_takes_itself_for_the_go_command() {
    let place = Place::new();
    let shim = shim(&place);
    let said = run(&mut sh(&place, "go version && \"$HB\" version", &[&shim, &shim])).with_status(0);
    assert!(said.stdout.starts_with("go version go1."), "{said:#?}");
    // Another hb: told by its name.
    let other = place.join("other");
    std::fs::create_dir_all(other.join("bin")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_hb"), other.join("bin/hb")).unwrap();
    symlink("bin/hb", other.join("go")).unwrap();
    let said = run(&mut sh(&place, "go env GOROOT", &[&shim, &other])).with_status(0);
    assert_eq!(said.stdout, run(&mut place.go(["env", "GOROOT"])).stdout);
    run(place.hb(["test"]).env("HB_GO", shim.join("go"))).with_status(31).saying("name the real go command");
    // A wrapper that starts hb: nothing tells it from the go command, but going round and round.
    let script = format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_hb").replace('\'', r"'\''"));
    let wrapper = place.script("wrapper/go", &script);
    let wrapper = wrapper.parent().unwrap();
    run(&mut sh(&place, "go test -race .", &[wrapper])).with_status(31).saying("set HB_GO to the real one");
    let mut command = sh(&place, "go env GOVERSION", &[wrapper]);
    run(command.env("HB_GO", &*GO)).with_status(0);
}

#[test]
fn the_shell_line_is_one_that_the_shell_takes() {
    // The place's path has a blank and a quote in it.
    let place = Place::new();
    for shell in ["sh", "bash", "zsh", "fish"] {
        let line = run(&mut place.hb(["env", &format!("--shell={shell}")])).with_status(0).stdout;
        let script = format!("{line}command -v go");
        let Ok(output) = Command::new(shell).args(["-c", &script]).output() else {
            eprintln!("{shell} is not here");
            continue;
        };
        let found = String::from_utf8(output.stdout).unwrap();
        assert_eq!(found.trim(), place.join("cache/shim/go").to_str().unwrap(), "{shell}: {line}");
    }
    let said = run(place.hb(["env", "--shell"]).env("SHELL", "/usr/bin/fish")).with_status(0);
    assert!(said.stdout.starts_with("set -gx PATH "), "{said:#?}");
}

#[test]
fn other_commands_go_on() {
    let place = Place::new();
    let go = place.fake_go("exit 5");
    for line in
        [&["vet", "-json", "./..."][..], &["mod", "tidy", "-C=x"], &["tool", "nm", ""], &["list", "--format", "x"]]
    {
        run(place.hb(line).env("HB_GO", &go)).with_status(5);
        assert_eq!(place.argv(), line);
    }
    let said = run(&mut place.hb(["env", "GOOS", "GOARCH"])).with_status(0);
    assert_eq!(said.stdout, "linux\namd64\n");
    run(&mut place.hb(["--format", "json", "vet"])).with_status(30).saying("vet is the go command's");
    let said = run(&mut place.hb(["help", "vet"])).with_status(0);
    assert!(said.stdout.contains("go vet"), "{said:#?}");
    for (name, text) in [("report", "Render saved findings"), ("baseline", "--prune"), ("doctor", "doctor")] {
        let said = run(&mut place.hb(["help", name])).with_status(0);
        assert!(said.stdout.contains(text) && said.stdout.contains("Usage: hb"), "{said:#?}");
    }
    run(&mut place.hb(["help", "reprot"])).with_status(30).saying("did you mean `hb report`?");
}

#[test]
fn installed_programs_report_their_races() {
    let place = Place::new();
    place.module();
    run(place.hb(["install", "."]).env("GOBIN", place.join("bin"))).with_status(0);
    let said = run(Command::new(place.join("bin/m")).arg("race").env("GORACE", "atexit_sleep_ms=0")).with_status(66);
    assert!(said.stdout.contains("true") && said.stderr.contains("WARNING: DATA RACE"), "{said:#?}");
}
