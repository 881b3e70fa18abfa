//! What the tests of the hb command share: hb in a clean environment, small Go modules, and stand-ins for the go
//! command and its GOROOT.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// The go command on PATH.
pub static GO: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").expect("PATH is set");
    std::env::split_paths(&path)
        .map(|dir| dir.join("go"))
        .find(|file| file.is_file())
        .expect("these tests need a go command on PATH")
});

/// The GOROOT of that go command.
pub static GOROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(&*GO).args(["env", "GOROOT"]).output().expect("go env runs");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
});

/// A directory of its own for one test, with hb's cache in it.
pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        // The name has a blank and a quote, so that every test tests paths with them.
        let dir = tempfile::Builder::new().prefix("hb it's a ").tempdir().expect("a temporary directory");
        Self { dir }
    }

    /// The place itself.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, making its directories.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(&path, content).expect("a file");
        path
    }

    /// Writes an executable script for `sh`.
    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.write(name, &format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
        path
    }

    /// hb, started in this place with a cache in it and without what the machine's environment may hold.
    pub fn hb<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = clean(Path::new(env!("CARGO_BIN_EXE_hb")));
        command.args(arguments).current_dir(self.path()).env("HB_CACHE", self.join("cache"));
        command
    }

    /// The go command itself, in the same environment.
    pub fn go<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = clean(&GO);
        command.args(arguments).current_dir(self.path());
        command
    }

    /// A stand-in for the go command: answers `env` as the real one, and writes the arguments of anything else to the
    /// file `argv`, a NUL behind each, before it runs `body`.
    pub fn fake_go(&self, body: &str) -> PathBuf {
        self.script(
            "fake-go",
            &format!(
                "if [ \"$1\" = env ]; then exec '{}' \"$@\"; fi\n\
                 printf '%s\\0' \"$@\" > \"${{0%/*}}/argv\"\n{body}",
                GO.display()
            ),
        )
    }

    /// The arguments that the stand-in was started with.
    pub fn argv(&self) -> Vec<String> {
        let recorded = fs::read(self.join("argv")).expect("the fake go command was run");
        let recorded = String::from_utf8(recorded).expect("UTF-8");
        let mut words: Vec<_> = recorded.split('\0').map(str::to_owned).collect();
        words.pop();
        words
    }

    /// A module with a racy package, a clean one and a main program.
    pub fn module(&self) {
        self.write("go.mod", "module example.com/m\n\ngo 1.25\n");
        self.write("clean/clean.go", CLEAN);
        self.write("clean/clean_test.go", CLEAN_TEST);
        self.write("racy/racy_test.go", RACY_TEST);
        self.write("main.go", MAIN);
        self.write("tag_on.go", "//go:build race\n\npackage main\n\nconst raceTag = true\n");
        self.write("tag_off.go", "//go:build !race\n\npackage main\n\nconst raceTag = false\n");
    }

    /// A GOROOT of symbolic links to the real one, in which the files of `src/runtime` are links of their own, so that
    /// a test can take one away.
    pub fn linked_goroot(&self, name: &str) -> PathBuf {
        let root = self.join(name);
        link_entries(&GOROOT, &root, &["src"]);
        link_entries(&GOROOT.join("src"), &root.join("src"), &["runtime"]);
        link_entries(&GOROOT.join("src/runtime"), &root.join("src/runtime"), &[]);
        root
    }
}

/// Makes the directory `to` with a link to each entry of `from` but those in `but`.
fn link_entries(from: &Path, to: &Path, but: &[&str]) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let name = entry.expect("an entry").file_name();
        if !but.iter().any(|but| name == *but) {
            symlink(from.join(&name), to.join(&name)).expect("a link");
        }
    }
}

fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("HB_") || name.starts_with("GITHUB_") || name == "GORACE" || name.starts_with("CARGO") {
            command.env_remove(name);
        }
    }
    command
        .env("GOFLAGS", "-buildvcs=false")
        .env("GOTOOLCHAIN", "local")
        .env("GORACE", "atexit_sleep_ms=0")
        .env_remove("GOROOT")
        .stdin(Stdio::null());
    command
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Standard output and standard error in one.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails unless the status is `status`.
    #[track_caller]
    pub fn with_status(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        self
    }

    /// Fails unless standard error has `text` in it.
    #[track_caller]
    pub fn saying(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in {self:#?}");
        self
    }
}

/// Runs `command` to its end.
pub fn run(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    Said {
        status: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// What differs from run to run: times, and directories with random names.
pub fn steady(text: &str) -> String {
    let is_time = |word: &str| {
        word.strip_suffix('s')
            .or(word.strip_prefix('(').and_then(|w| w.strip_suffix("s)")))
            .is_some_and(|number| number.parse::<f64>().is_ok())
    };
    text.lines()
        .map(|line| {
            let words: Vec<_> = line.split([' ', '\t']).map(|word| if is_time(word) { "TIME" } else { word }).collect();
            words.join(" ") + "\n"
        })
        .collect()
}

/// hb's own lines on standard error.
pub fn without_notices(stderr: &str) -> String {
    stderr.lines().filter(|line| !line.starts_with("hb: ")).map(|line| format!("{line}\n")).collect()
}

const CLEAN: &str = r#"// Package clean has no race.
package clean

// Sum adds.
func Sum(a, b int) int { return a + b }
"#;

const CLEAN_TEST: &str = r#"package clean

import "testing"

func TestSum(t *testing.T) {
	if Sum(1, 2) != 3 {
		t.Fatal("wrong")
	}
}
"#;

const RACY_TEST: &str = r#"package racy

import "testing"

var counter int

func TestRacy(t *testing.T) {
	done := make(chan bool)
	go func() {
		counter = 1
		done <- true
	}()
	counter = 2
	<-done
}
"#;

const MAIN: &str = r#"package main

import (
	"fmt"
	"os"
	"strconv"
)

var counter int

// Races when its first argument is "race"; exits with its second.
func main() {
	fmt.Println("args", len(os.Args), raceTag)
	if len(os.Args) > 1 && os.Args[1] == "race" {
		done := make(chan bool)
		go func() {
			counter = 1
			done <- true
		}()
		counter = 2
		<-done
	}
	if len(os.Args) > 2 {
		status, _ := strconv.Atoi(os.Args[2])
		os.Exit(status)
	}
}
"#;
