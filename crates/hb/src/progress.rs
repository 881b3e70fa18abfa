//! How far a run of tests is, on a line of the terminal, and what it amounts to in the end.
//!
//! The go command's output goes to the same terminal, so what it writes is passed through hb, which takes its own line away first. That is only
//! done where the tests themselves do not write to the terminal anyway: with a list of packages go collects what they print. Otherwise the
//! go command keeps its own streams, and there is no line.

use crate::findings;
use crate::go_flags::{Scan, Subcommand};
use hb_report::raw::Record;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A run shorter than this shows no line.
const PATIENCE: Duration = Duration::from_secs(2);
/// Time between two looks at the findings.
const PERIOD: Duration = Duration::from_millis(250);
/// How long output of the go command is waited for when it has ended: a process it left behind may hold its streams.
const LINGER: Duration = Duration::from_millis(500);
/// Test binaries named on the line.
const NAMED: usize = 3;

/// Whether a line is shown for a command, and the go command's output passed through hb for it.
pub fn wanted(subcommand: Subcommand, arguments: &[OsString]) -> bool {
    let scan = Scan::of(subcommand, arguments);
    let on = |name: &str| {
        let flag = scan.flags.iter().rev().find(|flag| flag.name.strip_prefix("test.").unwrap_or(&flag.name) == name);
        flag.is_some_and(|flag| flag.as_bool() != Some(false))
    };
    // These let tests write to the terminal at once, or make a stream for tools.
    let streams = ["v", "bench", "fuzz", "json", "c", "n", "x", "exec"].into_iter().any(on);
    subcommand == Subcommand::Test
        && scan.first_operand.is_some()
        && !streams
        && io::stderr().is_terminal()
        && io::stdout().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// What is shown, and where the streams stand.
#[derive(Default)]
struct Screen {
    /// The line is there.
    shown: bool,
    /// What was written last ended a line.
    fresh: bool,
    packages: usize,
    /// How many packages there are in all, once that is known.
    total: Option<usize>,
    /// A line of standard output that has not ended.
    open: Vec<u8>,
    over: bool,
}

impl Screen {
    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = io::stderr().write_all(b"\r\x1b[K");
        }
    }

    /// Writes what the go command wrote, in the place of the line.
    fn pass(&mut self, bytes: &[u8], to: &mut dyn Write) -> io::Result<()> {
        self.clear();
        self.fresh = bytes.last() == Some(&b'\n');
        to.write_all(bytes)?;
        to.flush()
    }

    /// Counts the packages whose results go prints.
    fn count(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.open.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.packages += usize::from(is_result(&self.open));
                self.open.clear();
            }
            // Only the start tells.
            self.open.truncate(16);
        }
    }
}

/// Whether a line of `go test` is a package's result.
fn is_result(line: &[u8]) -> bool {
    [&b"ok  \t"[..], b"FAIL\t", b"?   \t", b"\t"].iter().any(|start| line.starts_with(start))
}

/// A run that is watched.
pub struct Progress {
    screen: Arc<Mutex<Screen>>,
    listing: Arc<Mutex<Option<Child>>>,
    streams: Vec<JoinHandle<()>>,
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Progress {
    /// Lets `command` write to hb.
    pub fn prepare(command: &mut Command) {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Watches `child`, whose processes leave their findings in `directory`; `listing` lists its packages, if that can be had. The caller has blocked the signals that the threads started here
    /// are not to take.
    pub fn watch(child: &mut Child, directory: &Path, listing: Option<Command>) -> Self {
        let screen = Arc::new(Mutex::new(Screen { fresh: true, ..Screen::default() }));
        let mut streams = Vec::new();
        if let Some(from) = child.stdout.take() {
            let screen = screen.clone();
            streams.push(std::thread::spawn(move || pass_on(from, io::stdout(), &screen, true)));
        }
        if let Some(from) = child.stderr.take() {
            let screen = screen.clone();
            streams.push(std::thread::spawn(move || pass_on(from, io::stderr(), &screen, false)));
        }
        let started = Instant::now();
        let (of_line, directory) = (screen.clone(), directory.to_owned());
        std::thread::spawn(move || keep_line(&of_line, &directory, started));
        let running = Arc::new(Mutex::new(None));
        if let Some(listing) = listing {
            let (of_list, running) = (screen.clone(), running.clone());
            std::thread::spawn(move || count_all(listing, &of_list, &running));
        }
        Self { screen, listing: running, streams }
    }

    /// Takes the line away when the go command has ended; gives the number of packages whose results were printed.
    pub fn finish(self) -> usize {
        let until = Instant::now() + LINGER;
        while !self.streams.iter().all(JoinHandle::is_finished) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut screen = locked(&self.screen);
        screen.clear();
        screen.over = true;
        let packages = screen.packages;
        drop(screen);
        if let Some(child) = locked(&self.listing).as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
        packages
    }
}

fn pass_on(mut from: impl Read, mut to: impl Write, screen: &Mutex<Screen>, counts: bool) {
    let mut buffer = [0; 1 << 14];
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => &buffer[..n],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut screen = locked(screen);
        if counts {
            screen.count(bytes);
        }
        // A terminal that has gone ends the stream, as it would end go's own.
        if screen.pass(bytes, &mut to).is_err() {
            return;
        }
    }
}

/// Counts what `listing` lists, of a run that is long enough for a line. Whatever goes wrong, the line does without.
fn count_all(mut listing: Command, screen: &Mutex<Screen>, running: &Mutex<Option<Child>>) {
    std::thread::sleep(PATIENCE);
    listing.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let lines = {
        // Held while it starts, so that the end of the run finds it.
        let mut running = locked(running);
        if locked(screen).over {
            return;
        }
        let Ok(mut child) = listing.spawn() else { return };
        let lines = child.stdout.take();
        *running = Some(child);
        lines
    };
    let mut text = Vec::new();
    let read = lines.is_some_and(|mut lines| lines.read_to_end(&mut text).is_ok());
    let listed = locked(running).take().is_some_and(|mut child| child.wait().is_ok_and(|status| status.success()));
    if read && listed {
        locked(screen).total = Some(text.iter().filter(|byte| **byte == b'\n').count());
    }
}

fn keep_line(screen: &Mutex<Screen>, directory: &Path, started: Instant) {
    let (mut seen, mut drawn) = (Seen::default(), String::new());
    std::thread::sleep(PATIENCE);
    loop {
        seen.look(directory);
        let mut screen = locked(screen);
        if screen.over {
            return;
        }
        if screen.fresh {
            let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
            let text = line(&seen, screen.packages, screen.total, started.elapsed());
            // One column is left free: a terminal may wrap at the last.
            let text: String = text.chars().take(columns.saturating_sub(1)).collect();
            if !screen.shown || text != drawn {
                screen.shown = io::stderr().write_all(format!("\r{text}\x1b[K").as_bytes()).is_ok();
                drawn = text;
            }
        }
        drop(screen);
        std::thread::sleep(PERIOD);
    }
}

fn line(seen: &Seen, packages: usize, total: Option<usize>, elapsed: Duration) -> String {
    let packages = match total {
        // Otherwise something else was listed than is tested.
        Some(total) if total >= packages => format!("{packages} of {}", plural(total, "package")),
        _ => plural(packages, "package"),
    };
    let mut text = format!("hb: {}, {packages}, {}", clock(elapsed), plural(seen.races(), "race"));
    let running = seen.running();
    if !running.is_empty() {
        let names: Vec<_> = running.iter().take(NAMED).map(|name| hb_report::clean::line(name)).collect();
        let more = if running.len() > NAMED { format!(" and {} more", running.len() - NAMED) } else { String::new() };
        text += &format!("; running {}{more}", names.join(", "));
    }
    text
}

/// `1 package`, `2 packages`.
pub fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Minutes and seconds, and hours where there are any: `0:41`, `1:02:03`.
pub fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// What was read of the findings so far.
#[derive(Default)]
struct Seen {
    files: HashMap<PathBuf, Process>,
}

/// What a process has written so far.
#[derive(Default)]
struct Process {
    read: u64,
    races: usize,
    ended: bool,
    name: String,
    id: u32,
}

impl Seen {
    /// Reads what has come since the last time.
    fn look(&mut self, directory: &Path) {
        for path in findings::files_in(directory).unwrap_or_default() {
            let process = self.files.entry(path.clone()).or_default();
            if !process.ended {
                // What cannot be read now is read later.
                let _ = process.read_on(&path);
            }
        }
    }

    fn races(&self) -> usize {
        self.files.values().map(|process| process.races).sum()
    }

    /// The test binaries that run, by name.
    fn running(&self) -> Vec<&str> {
        let processes = self.files.values().filter(|process| process.runs());
        let mut names: Vec<&str> = processes.map(|process| process.name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

impl Process {
    /// Reads the lines that are whole.
    fn read_on(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = Vec::new();
        file.take(hb_report::raw::MAX_LINE_BYTES).read_to_end(&mut text)?;
        let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.read += end as u64;
        for line in text[..end].split(|byte| *byte == b'\n') {
            if line.starts_with(b"{\"t\":\"race\"") {
                self.races += 1;
            } else if line.starts_with(b"{\"t\":\"end\"") {
                self.ended = true;
            } else if let Ok(Record::Process(process)) = serde_json::from_slice(line) {
                self.name = process.exe.rsplit('/').next().unwrap_or_default().to_owned();
                self.id = process.pid;
            }
        }
        Ok(())
    }

    fn runs(&self) -> bool {
        !self.ended
            && self.id != 0
            && self.name.ends_with(".test")
            && Path::new("/proc").join(self.id.to_string()).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn times_are_short() {
        for (seconds, text) in [(0, "0:00"), (41, "0:41"), (600, "10:00"), (3723, "1:02:03")] {
            assert_eq!(clock(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn results_of_packages_are_counted_however_they_come_in() {
        let text = b"ok  \ta\t0.1s\n--- FAIL: TestX (0.00s)\nFAIL\nFAIL\tb\t0.2s\n?   \tc\t[no test files]\n\td\t\tcoverage: 0.0% of \
statements\nsome ok  \tx\nFAIL\n";
        for piece in [1, 3, 7, text.len()] {
            let mut screen = Screen::default();
            text.chunks(piece).for_each(|bytes| screen.count(bytes));
            assert_eq!(screen.packages, 4, "{piece}");
        }
    }

    #[test]
    fn findings_are_read_as_they_grow() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("1-2.jsonl");
        let mut seen = Seen::default();
        let head = format!("{{\"t\":\"process\",\"v\":1,\"pid\":{},\"exe\":\"/b/p.test\"}}\n", std::process::id());
        fs::write(&path, format!("{head}{{\"t\":\"race\"}}\n{{\"t\":\"ra")).unwrap();
        seen.look(directory.path());
        assert_eq!((seen.races(), seen.running()), (1, vec!["p.test"]));
        assert_eq!(line(&seen, 2, None, Duration::from_secs(61)), "hb: 1:01, 2 packages, 1 race; running p.test");
        assert!(line(&seen, 2, Some(14), Duration::from_secs(61)).starts_with("hb: 1:01, 2 of 14 packages, 1 race;"));
        assert!(line(&seen, 2, Some(1), Duration::from_secs(61)).starts_with("hb: 1:01, 2 packages, "));
        fs::write(&path, format!("{head}{{\"t\":\"race\"}}\n{{\"t\":\"race\"}}\n{{\"t\":\"end\"}}\n")).unwrap();
        seen.look(directory.path());
        assert_eq!((seen.races(), seen.running()), (2, vec![]));
    }
}
