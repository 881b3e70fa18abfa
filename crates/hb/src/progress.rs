//! What `go test` prints is passed through hb, which reads what became of each package ([`GoOutput`]), and on a terminal shows how far the run is.
//!
//! The line of the terminal is taken away before the go command's output goes there. Tests may write to a terminal themselves, and see that it is
//! one: without a list of packages, and with `-v`, `-bench` and the like. Then the go command keeps its streams, there is no line, and what became
//! of packages is not known, unless a report was asked for that has to say it.

use crate::findings;
use crate::go_flags::{Scan, Subcommand};
use crate::go_output::GoOutput;
use hb_report::outcome::Unit;
use hb_report::raw::Record;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
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

/// Whether what `go test` prints is passed through hb: always where it goes to no terminal, and where it does, as far as tests do not write there
/// themselves or a report is `asked` for.
pub fn passes(subcommand: Subcommand, arguments: &[OsString], asked: bool) -> bool {
    subcommand == Subcommand::Test && (asked || !io::stdout().is_terminal() || wanted(subcommand, arguments))
}

/// Whether a line is shown for a command.
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
    output: GoOutput,
    /// How many packages there are in all, once that is known.
    total: Option<usize>,
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
}

/// A run that is watched.
pub struct Progress {
    screen: Arc<Mutex<Screen>>,
    listing: Arc<Mutex<Option<Child>>>,
    streams: JoinHandle<()>,
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Progress {
    /// Lets `command` write to hb.
    pub fn prepare(command: &mut Command) {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Watches `child`, whose processes leave their findings in `directory`, and shows a line if that is `wanted`; `listing` lists its packages, if
    /// that can be had. The caller has blocked the signals that the threads started here are not to take.
    pub fn watch(child: &mut Child, directory: &Path, listing: Option<Command>, wanted: bool) -> Self {
        let screen = Arc::new(Mutex::new(Screen { fresh: true, ..Screen::default() }));
        let (out, err, of_streams) = (child.stdout.take(), child.stderr.take(), screen.clone());
        let streams = std::thread::spawn(move || pass_on(out, err, &of_streams));
        let started = Instant::now();
        let running = Arc::new(Mutex::new(None));
        if wanted {
            let (of_line, directory) = (screen.clone(), directory.to_owned());
            std::thread::spawn(move || keep_line(&of_line, &directory, started));
        }
        if let Some(listing) = listing.filter(|_| wanted) {
            let (of_list, running) = (screen.clone(), running.clone());
            std::thread::spawn(move || count_all(listing, &of_list, &running));
        }
        Self { screen, listing: running, streams }
    }

    /// Takes the line away when the go command has ended; gives what became of each package whose result was printed.
    pub fn finish(self) -> Vec<Unit> {
        let until = Instant::now() + LINGER;
        while !self.streams.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut screen = locked(&self.screen);
        screen.clear();
        screen.over = true;
        let output = std::mem::take(&mut screen.output);
        drop(screen);
        if let Some(child) = locked(&self.listing).as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
        output.finish()
    }
}

/// Passes both streams on until both have ended. Where both have something, standard error goes first: the go command says there why a package
/// is not built before it gives the package's result.
fn pass_on(mut out: Option<ChildStdout>, mut err: Option<ChildStderr>, screen: &Mutex<Screen>) {
    loop {
        let ready = |fds: &mut [PollFd<'_>]| while poll(fds, PollTimeout::NONE) == Err(nix::Error::EINTR) {};
        let (mut of_err, mut of_out) = (err.is_some(), out.is_some());
        if let (Some(err), Some(out)) = (&err, &out) {
            let mut fds = [PollFd::new(err.as_fd(), PollFlags::POLLIN), PollFd::new(out.as_fd(), PollFlags::POLLIN)];
            ready(&mut fds);
            [of_err, of_out] = fds.map(|fd| fd.any().unwrap_or(true));
        }
        if of_err && !pass(&mut err, &mut io::stderr(), screen, GoOutput::stderr) {
            err = None;
        }
        if of_out && !pass(&mut out, &mut io::stdout(), screen, GoOutput::stdout) {
            out = None;
        }
        if err.is_none() && out.is_none() {
            return;
        }
    }
}

/// Passes on what is there; false when the stream has ended, or its reader has gone, which ends it as it would end go's own.
fn pass(
    from: &mut Option<impl Read>,
    to: &mut impl Write,
    screen: &Mutex<Screen>,
    note: fn(&mut GoOutput, &[u8]),
) -> bool {
    let Some(from) = from else { return false };
    let mut buffer = [0; 1 << 14];
    let bytes = match from.read(&mut buffer) {
        Ok(0) => return false,
        Ok(n) => &buffer[..n],
        Err(e) => return e.kind() == ErrorKind::Interrupted,
    };
    let mut screen = locked(screen);
    note(&mut screen.output, bytes);
    // What takes nothing more (a full disk) is no reason to stop the tests: go does not look either.
    screen.pass(bytes, to).map_err(|e| e.kind()) != Err(ErrorKind::BrokenPipe)
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
            let text = line(&seen, screen.output.count(), screen.total, started.elapsed());
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
