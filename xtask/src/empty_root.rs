//! Whether a binary needs anything of the system that it runs on: it is run where there is nothing else, by `chroot`, which takes root.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chroot};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `hb` in a root with nothing but itself, then in one with the Go toolchain of `PATH`, `/dev/null` and `/tmp`, where it tests a racy package.
/// Gives what was seen, in words.
///
/// # Errors
/// It cannot be tried here, or hb does not do there what it does elsewhere.
pub fn check(hb: &Path) -> Result<String, String> {
    let root = tempfile::Builder::new().prefix("hb-empty-root-").tempdir().map_err(|e| e.to_string())?;
    fs::copy(hb, root.path().join("hb")).map_err(|e| format!("{}: {e}", hb.display()))?;
    let mut seen = String::new();
    for (line, wanted) in [
        (&["version"][..], "targets:"),
        (&["help", "report"], "Usage: hb report"),
        (&["doctor"], "no go command on PATH"),
    ] {
        let output = inside(root.path(), line)?;
        let text = words(&output);
        if !text.contains(wanted) {
            return Err(format!("in an empty root `hb {}` says: {text}", line.join(" ")));
        }
        seen += &format!("in an empty root: hb {} says {wanted:?}\n", line.join(" "));
    }

    let goroot = Command::new("go").args(["env", "GOROOT"]).output().map_err(|e| format!("go: {e}"))?;
    let goroot = String::from_utf8_lossy(&goroot.stdout).trim().to_owned();
    let copied = Command::new("cp").args(["-a", &goroot]).arg(root.path().join("go")).status();
    if !copied.is_ok_and(|status| status.success()) {
        return Err(format!("{goroot} cannot be copied"));
    }
    fs::create_dir_all(root.path().join("tmp")).map_err(|e| e.to_string())?;
    fs::create_dir_all(root.path().join("dev")).map_err(|e| e.to_string())?;
    let made = Command::new("mknod").arg(root.path().join("dev/null")).args(["c", "1", "3"]).status();
    if !made.is_ok_and(|status| status.success()) {
        return Err("there can be no /dev/null in another root: this takes root".to_owned());
    }
    fs::set_permissions(root.path().join("dev/null"), fs::Permissions::from_mode(0o666)).map_err(|e| e.to_string())?;
    fs::create_dir_all(root.path().join("m")).map_err(|e| e.to_string())?;
    for (name, text) in [("go.mod", "module m\n\ngo 1.25\n"), ("m_test.go", RACY)] {
        fs::write(root.path().join("m").join(name), text).map_err(|e| e.to_string())?;
    }
    // What else hb needs to know of itself is in /proc, which a root without it does not have.
    fs::create_dir_all(root.path().join("proc")).map_err(|e| e.to_string())?;
    let proc = root.path().join("proc");
    let mounted =
        Command::new("mount").args(["-t", "proc", "proc"]).arg(&proc).status().is_ok_and(|status| status.success());
    let output = inside(root.path(), &["-C", "/m", "test", "."]);
    if mounted {
        let _ = Command::new("umount").arg(&proc).status();
    }
    let text = words(&output?);
    if !text.contains("WARNING: DATA RACE") || !text.contains("FAIL\tm\t") {
        return Err(format!("beside nothing but a Go toolchain `hb test` says: {text}"));
    }
    seen += "beside nothing but a Go toolchain, /proc, /dev/null and /tmp: hb test finds the race\n";
    Ok(seen)
}

fn inside(root: &Path, line: &[&str]) -> Result<Output, String> {
    let place = root.to_owned();
    let mut command = Command::new("/hb");
    command.args(line).stdin(Stdio::null()).env_clear();
    for (name, value) in [("PATH", "/go/bin"), ("HOME", "/tmp"), ("GOCACHE", "/tmp/go"), ("GOTOOLCHAIN", "local")] {
        command.env(name, value);
    }
    // SAFETY: two system calls between fork and exec; `place` was made before.
    unsafe {
        command.pre_exec(move || {
            chroot(&place)?;
            std::env::set_current_dir("/")
        });
    }
    command.output().map_err(|e| format!("hb cannot be started in a root of its own: {e}"))
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const RACY: &str = "\
package m

import \"testing\"

var x int

func TestRace(t *testing.T) {
	done := make(chan bool)
	go func() { x = 1; done <- true }()
	x = 2
	<-done
}
";
