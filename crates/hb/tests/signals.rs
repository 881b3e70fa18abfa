//! Signals and job control: whether they come from a terminal or from `kill`, the go command gets each once, and hb
//! ends, stops and continues as it does, both where hb becomes the go command and where it stays its parent.

mod common;

use common::Place;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// hb's flags for both ways of running.
const BOTH: [&[&str]; 2] = [&[], &["--format", "raw", "--output", "/dev/null"]];

/// A program that takes the go command's place: writes its process id and each signal it gets, and ends with status 9
/// half a second after the first one. It is compiled, because a shell would lose signals that come close together.
fn recorder(place: &Place) -> std::path::PathBuf {
    place.write("recorder/go.mod", "module recorder\n\ngo 1.25\n");
    place.write(
        "recorder/main.go",
        r#"package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1)
	log, _ := os.OpenFile(os.Getenv("RECORD"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	fmt.Fprintln(log, "pid", os.Getpid())
	timeout := time.After(30 * time.Second)
	for {
		select {
		case s := <-signals:
			fmt.Fprintln(log, s)
			timeout = time.After(500 * time.Millisecond)
		case <-timeout:
			os.Exit(9)
		}
	}
}
"#,
    );
    let status = place.go(["build", "-C", "recorder", "-o", "../recorder/bin"]).status().unwrap();
    assert!(status.success());
    place.fake_go("exec \"${0%/*}/recorder/bin\"")
}

fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "waited for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The process id that the recorder has written.
fn recorded_pid(record: &Path) -> Pid {
    wait_for("the go command to start", || {
        let text = fs::read_to_string(record).ok()?;
        let pid = text.strip_prefix("pid ")?.split_once('\n')?.0;
        Some(Pid::from_raw(pid.parse().unwrap()))
    })
}

/// The letter of a process's state: `S` sleeping, `T` stopped; none when it is gone.
fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

#[test]
fn signals_to_hb_reach_the_go_command() {
    let place = Place::new();
    let go = recorder(&place);
    for (round, flags) in BOTH.iter().enumerate() {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGHUP] {
            let record = place.join(&format!("record {round} {signal}"));
            let mut child =
                place.hb(flags.iter().chain(&["test"])).env("HB_GO", &go).env("RECORD", &record).spawn().unwrap();
            recorded_pid(&record);
            kill(pid(&child), signal).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(9));
            let text = fs::read_to_string(&record).unwrap();
            assert_eq!(text.lines().count(), 2, "{signal} with {flags:?}: {text}");
        }
    }
}

#[test]
fn a_terminal_interrupts_once() {
    let place = Place::new();
    let go = recorder(&place);
    for (round, flags) in BOTH.iter().enumerate() {
        let record = place.join(&format!("record {round}"));
        let pty = nix::pty::openpty(None, None).unwrap();
        let mut terminal = fs::File::from(pty.master);
        let slave = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        let mut command = place.hb(flags.iter().chain(&["test"]));
        command
            .env("HB_GO", &go)
            .env("RECORD", &record)
            .stdin(slave(&pty.slave))
            .stdout(slave(&pty.slave))
            .stderr(slave(&pty.slave));
        // SAFETY: only system calls between fork and exec.
        unsafe {
            command.pre_exec(|| {
                nix::unistd::setsid()?;
                // Descriptor 0 is the terminal by now; it becomes the session's own.
                match nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                }
            });
        }
        let mut child = command.spawn().unwrap();
        recorded_pid(&record);
        terminal.write_all(b"\x03").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(9), "{flags:?}");
        let text = fs::read_to_string(&record).unwrap();
        let signals: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(signals, ["interrupt"], "{flags:?}");
    }
}

#[test]
fn hb_stops_and_continues_with_the_go_command() {
    let place = Place::new();
    let go = recorder(&place);
    for (round, flags) in BOTH.iter().enumerate() {
        let record = place.join(&format!("record {round}"));
        let mut child = place
            .hb(flags.iter().chain(&["test"]))
            .env("HB_GO", &go)
            .env("RECORD", &record)
            .process_group(0)
            .spawn()
            .unwrap();
        let hb = pid(&child);
        let recorder = recorded_pid(&record);
        let stopped = |pid| state(pid) == Some('T');
        kill(hb, Signal::SIGTSTP).unwrap();
        wait_for("both to stop", || (stopped(hb) && stopped(recorder)).then_some(()));
        kill(hb, Signal::SIGCONT).unwrap();
        wait_for("both to continue", || (!stopped(hb) && !stopped(recorder)).then_some(()));
        // A second time, and with the go command alone being stopped.
        kill(recorder, Signal::SIGSTOP).unwrap();
        wait_for("hb to follow", || stopped(hb).then_some(()));
        kill(hb, Signal::SIGCONT).unwrap();
        wait_for("both to continue", || (!stopped(hb) && !stopped(recorder)).then_some(()));
        kill(hb, Signal::SIGTERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(9), "{flags:?}");
    }
}

#[test]
fn nothing_is_left_when_hb_is_killed() {
    let place = Place::new();
    let go = recorder(&place);
    for (round, flags) in BOTH.iter().enumerate() {
        let record = place.join(&format!("record {round}"));
        let mut child =
            place.hb(flags.iter().chain(&["test"])).env("HB_GO", &go).env("RECORD", &record).spawn().unwrap();
        let recorder = recorded_pid(&record);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        wait_for("the go command to end", || matches!(state(recorder), None | Some('Z')).then_some(()));
    }
    // The findings directory of the killed run goes with the next run that makes one.
    let quick = place.fake_go("");
    let status = Command::new(env!("CARGO_BIN_EXE_hb"))
        .args(["--format", "raw", "test"])
        .env("HB_CACHE", place.join("cache"))
        .env("HB_GO", quick)
        .current_dir(place.path())
        .status()
        .unwrap();
    assert!(status.success());
    let left = fs::read_dir(place.join("cache/findings")).unwrap().count();
    assert_eq!(left, 0);
}
