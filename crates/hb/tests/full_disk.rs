//! No space left, and streams that take nothing: what was found is said somewhere, the status is that of the run, and hb says
//! what is wrong.

mod common;

use common::{Place, Said, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CACHE: i32 = 35;
const REPORT: i32 = 37;

fn full() -> Stdio {
    fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

fn races(said: &Said) -> usize {
    said.stderr.matches("WARNING: DATA RACE").count()
}

/// A file system of one megabyte. Only root may make one.
struct Disk {
    path: PathBuf,
}

impl Disk {
    fn new(place: &Place) -> Option<Self> {
        let path = place.join("disk");
        fs::create_dir(&path).unwrap();
        let mounted = run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&path));
        if mounted.status != Some(0) {
            eprintln!("not tried: only root may mount a file system");
            return None;
        }
        Some(Self { path })
    }

    fn fill(&self) {
        let filled = fs::write(self.path.join("fill"), vec![0; 8 << 20]);
        assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run(Command::new("umount").arg("-l").arg(&self.path));
    }
}

#[test]
fn a_log_that_cannot_be_written_goes_to_standard_error() {
    let place = Place::new();
    place.module();
    run(&mut place.hb(["build", "-o", "program", "."])).with_status(0);
    // The file's name ends in the program's process number, which is the shell's.
    let line = "ln -s /dev/full log.$$; GORACE=log_path=log exec ./program race";
    let said = run(Command::new("sh").args(["-c", line]).current_dir(place.path())).with_status(66);
    assert_eq!(races(&said), 1, "{said:#?}");
    let said = said.saying(": no space left (errno 28); they go to standard error\n");
    assert_eq!(said.stderr.matches("cannot write race reports").count(), 1, "{said:#?}");
    let mut elsewhere = Command::new(place.join("program"));
    let said = run(elsewhere.arg("race").env("GORACE", "log_path=/no/such/log")).with_status(66);
    assert_eq!(races(&said), 1, "{said:#?}");
    said.saying("no such directory");
}

#[test]
fn a_report_that_cannot_be_written_is_said() {
    let place = Place::new();
    let go = place.fake_go("");
    let line = ["--format", "json", "--output", "/dev/full", "test"];
    run(place.hb(line).env("HB_GO", &go))
        .with_status(REPORT)
        .saying("cannot write the report /dev/full: No space left on device");
    let mut command = place.hb(["--format", "json", "--output", "-", "test"]);
    let child = command.env("HB_GO", &go).stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(REPORT), "{output:?}");
    // A run that failed keeps its status, and one of which hb can say nothing, too.
    let go = place.fake_go("exit 3");
    run(place.hb(line).env("HB_GO", &go)).with_status(3).saying("cannot write the report");
    let mut command = place.hb(["-v", "--format", "json", "--output", "r.json", "test"]);
    let status = command.env("HB_GO", &go).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(3));
    assert!(fs::read_to_string(place.join("r.json")).unwrap().contains("\"findings\""));
}

#[test]
fn hbs_own_pages_where_standard_output_takes_nothing() {
    let place = Place::new();
    for words in [&["version"][..], &["version", "--json"], &["doctor"], &["help"], &["help", "test"], &["--help"]] {
        let mut command = place.hb(words);
        let child = command.stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(REPORT), "{words:?}: {output:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "hb: cannot write standard output: No space left on device (os error 28)\n"
        );
        // A reader that has gone wanted no more.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.hb(words);
        let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{words:?}");
    }
    // With nowhere to say what is wrong, the status says it.
    let status = place.hb(["tset"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(30));
}

#[test]
fn a_cache_on_a_full_disk() {
    let place = Place::new();
    place.module();
    let Some(disk) = Disk::new(&place) else { return };
    let cache = disk.path.join("hb");
    let hb = |line: &[&str]| {
        let mut command = place.hb(line);
        run(command.env("HB_CACHE", &cache))
    };
    let no_leftovers = |dir: &Path| {
        let unfinished = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        !fs::read_dir(dir).unwrap().any(|entry| unfinished(entry.unwrap()))
    };
    // Full from the beginning: nothing half written stays.
    disk.fill();
    hb(&["build", "-o", "program", "."])
        .with_status(CACHE)
        .saying("No space left on device")
        .saying("HB_CACHE=/some/dir");
    assert!(no_leftovers(&cache));
    fs::remove_file(disk.path.join("fill")).unwrap();
    hb(&["build", "-o", "program", "."]).with_status(0);
    // Full once hb's own files are there: they do, and a race is said and counts, but hb cannot put it into a report.
    disk.fill();
    let said = hb(&["--format", "json", "--output", "r.json", "run", ".", "race"]).with_status(1);
    assert_eq!(races(&said), 1, "{said:#?}");
    said.saying("no space left (errno 28); hb will not know of all races")
        .saying("hb: 1 of 1 process wrote no closing record");
    // Nor does that depend on who prints.
    for live in ["text", "none"] {
        let said = hb(&["--live", live, "run", ".", "race"]).with_status(1);
        said.saying("Found 1 data race(s)").saying("wrote no closing record");
    }
}
