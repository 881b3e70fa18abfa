//! What the runtime calls: one [`Reporter`] per process, in memory of its own.

use crate::buffer::Buffer;
use crate::data::{Object, ObjectKind, Race};
use crate::gorace::{self, Problem, Settings};
use crate::json::{self, ProcessRecord};
use crate::sink::{Os, Sink};
use crate::symbolize::Symbolizer;
use crate::text;

/// Memory with which every report of a usual size is whole: text and record are rendered in it one after the other.
pub const USUAL_SCRATCH: usize = 512 << 10;

/// Longest `strip_path_prefix` that is honoured, in bytes.
const LONGEST_PREFIX: usize = 4096;

/// Longest path of a socket, with its NUL: the kernel's own bound.
const LONGEST_SOCKET: usize = 108;

/// Races of one process that are written out, as text and as records. Later ones are only counted: a program that races
/// everywhere shall neither flood a terminal nor fill a disk.
pub const MOST_WRITTEN: u64 = 1000;

/// An answer to a question about a race: this bit and those below on top of `'0'`. The race counts.
pub const ANSWER_COUNTS: u8 = 1;
/// The race's text is to be printed.
pub const ANSWER_PRINT: u8 = 2;

/// A line that the go command does not know in a test's log, for which it does not keep the test's result.
const NOT_TO_BE_CACHED: &[u8] = b"race seen\n";

/// How many problems of `GORACE` are named.
const PROBLEMS_NAMED: usize = 8;

/// What the process is, as [`Reporter::begin`] needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Process<'a> {
    /// The value of `GORACE`; empty if it is not set.
    pub gorace: &'a [u8],
    /// The value of `HB_FINDINGS`, the directory for raw records; empty: none are written.
    pub findings: &'a [u8],
    /// The value of `HB_ASK`, the socket of an hb that wants to decide what each race amounts to; empty: nobody does.
    pub ask: &'a [u8],
    /// Process id.
    pub pid: u32,
    /// The parent's process id.
    pub parent: u32,
    /// Start of the process, nanoseconds since the Unix epoch.
    pub start: u64,
    /// Where a test binary lists what its result depends on (`-test.testlogfile`), for the go command's cache; empty: this is none.
    pub test_log: &'a [u8],
    /// Path of the executable (what `/proc/self/exe` points to); empty: not known.
    pub executable: &'a [u8],
    /// `runtime.Version()`; empty: not known.
    pub go_version: &'a [u8],
}

/// What to do after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on; the race counts.
    Continue,
    /// Go on, as if there had been no race: it is a known one.
    Known,
    /// End the process now with this status (`halt_on_error`); everything is written.
    Exit(i32),
}

/// The report side's state for one process. About 17 KB: to be laid in memory and used in place. All-zero memory is a
/// reporter on which [`begin`](Self::begin) was not yet called; until then it prints to standard error.
///
/// It is not made for concurrent use: the caller holds a lock around every call. Every method needs some scratch memory,
/// of [`USUAL_SCRATCH`] or more for whole reports, of which nothing is kept.
#[repr(C)]
pub struct Reporter {
    log: Sink,
    findings: Sink,
    test_log: Sink,
    prefix: [u8; LONGEST_PREFIX],
    prefix_length: usize,
    /// The socket's path, with its NUL.
    ask: [u8; LONGEST_SOCKET],
    ask_length: usize,
    races: u64,
    written: u64,
    exit_code: i32,
    /// Every report is wanted (`suppress_equal_stacks=0`): none is left out.
    every: bool,
    begun: bool,
    halt_on_error: bool,
    ended: bool,
}

impl Reporter {
    /// Reads the options, opens nothing but the findings file, writes that file's first record, and says on standard
    /// error what is wrong with `GORACE`. Returns the options for the engine's own use.
    pub fn begin<'a>(&mut self, os: &mut impl Os, process: &Process<'a>, scratch: &mut [u8]) -> Settings<'a> {
        let mut problems = 0usize;
        let mut out = Buffer::new(scratch);
        let settings = gorace::parse(process.gorace, &mut |problem, part| {
            problems += 1;
            if problems <= PROBLEMS_NAMED {
                describe(&mut out, problem, part);
            }
        });
        if problems > PROBLEMS_NAMED {
            out.bytes(b"hb: GORACE: further parts ignored: ");
            out.decimal((problems - PROBLEMS_NAMED) as u64);
            out.byte(b'\n');
        }
        self.begun = true;
        self.exit_code = settings.exit_code;
        self.halt_on_error = settings.halt_on_error;
        self.every = !settings.suppress_equal_stacks;
        match self.prefix.get_mut(..settings.strip_path_prefix.len()) {
            Some(place) => {
                for (to, from) in place.iter_mut().zip(settings.strip_path_prefix) {
                    *to = *from;
                }
                self.prefix_length = settings.strip_path_prefix.len();
            }
            None => out.bytes(b"hb: GORACE: strip_path_prefix is too long and ignored\n"),
        }
        if let Some(path) = settings.log_path {
            if path == b"stdout" {
                self.log.set_stdout();
            } else if path != b"stderr"
                && !self.log.set_path(|out| {
                    out.bytes(path);
                    out.byte(b'.');
                    out.decimal(process.pid.into());
                })
            {
                out.bytes(b"hb: GORACE: log_path is too long and ignored\n");
            }
        }
        if !process.findings.is_empty()
            && !self.findings.set_path(|out| {
                out.bytes(process.findings);
                out.byte(b'/');
                out.decimal(process.pid.into());
                out.byte(b'-');
                out.decimal(process.start);
                out.bytes(b".jsonl");
            })
        {
            out.bytes(b"hb: HB_FINDINGS is too long and ignored\n");
        }
        if !process.test_log.is_empty() {
            self.test_log.set_path(|out| out.bytes(process.test_log));
        }
        if let Some(place) = self.ask.get_mut(..process.ask.len())
            && process.ask.len() < LONGEST_SOCKET
            && !process.ask.is_empty()
        {
            for (to, from) in place.iter_mut().zip(process.ask) {
                *to = *from;
            }
            self.ask_length = process.ask.len() + 1;
        }
        let _ = crate::sink::write_all(os, 2, out.as_bytes());
        if self.findings.is_file() {
            out.clear();
            json::process(
                &mut out,
                &ProcessRecord {
                    pid: process.pid,
                    parent: process.parent,
                    executable: process.executable,
                    go_version: process.go_version,
                    start: process.start,
                },
            );
            self.findings.write(os, out.as_bytes(), false);
        }
        settings
    }

    /// Reports a race: its record to the findings file, its text to the log. Where the race's object is not given, Go is
    /// asked whether the address lies in a heap block. Where an hb wants to decide, it is shown the record first, and says whether the
    /// race counts and whether its text is to be printed; without an answer both hold.
    ///
    /// Two races are never merged here: see [`crate::seen`].
    pub fn race(&mut self, os: &mut impl Os, symbolizer: &Symbolizer, race: &Race<'_>, scratch: &mut [u8]) -> Next {
        let mut out = Buffer::new(scratch);
        let mut answer = ANSWER_COUNTS | ANSWER_PRINT;
        let write = self.every || self.written < MOST_WRITTEN;
        if (self.findings.is_file() && write) || self.ask_length > 0 {
            let mut race = *race;
            if race.object.is_none() {
                race.object = symbolizer.heap_block(race.current.address).map(|(start, size)| Object {
                    kind: ObjectKind::Heap,
                    start,
                    size,
                    name: b"",
                    allocation: None,
                    content: None,
                });
            }
            json::race(&mut out, &race, symbolizer);
            if out.is_empty() {
                json::limit(&mut out, b"report_memory", 1);
            }
            if self.findings.is_file() && write {
                self.findings.write(os, out.as_bytes(), false);
            }
            if self.ask_length > 0 {
                let path = self.ask.get(..self.ask_length).unwrap_or(&[]);
                match os.ask(path, out.as_bytes()) {
                    Some(byte) => answer = byte,
                    // Nobody is there any more: the process goes on by itself.
                    None => self.ask_length = 0,
                }
            }
        }
        self.written += 1;
        if answer & ANSWER_PRINT != 0 {
            out.clear();
            if write {
                let prefix = self.prefix.get(..self.prefix_length).unwrap_or(&[]);
                text::race(&mut out, race, symbolizer, prefix);
            } else if self.written == MOST_WRITTEN + 1 {
                text::too_many(&mut out, MOST_WRITTEN);
            }
            self.log.write(os, out.as_bytes(), true);
        }
        if answer & ANSWER_COUNTS == 0 {
            return Next::Known;
        }
        self.races += 1;
        if self.halt_on_error {
            let status = self.exit_status();
            self.write_end(os, status, &mut out);
            return Next::Exit(status);
        }
        Next::Continue
    }

    /// Whether races are told of in records, which have more in them than the text.
    pub fn records(&self) -> bool {
        self.findings.is_file() || self.ask_length > 0
    }

    /// Number of races reported.
    pub fn races(&self) -> u64 {
        self.races
    }

    /// Says that one of the engine's limits was reached; called at exit, before [`finish`](Self::finish). `name` is one
    /// word for tools, `meaning` a clause for people: what may have been missed.
    pub fn limit(&mut self, os: &mut impl Os, name: &[u8], count: u64, meaning: &[u8], scratch: &mut [u8]) {
        let mut out = Buffer::new(scratch);
        text::limit(&mut out, name, count, meaning);
        self.log.write(os, out.as_bytes(), true);
        self.note_limit(os, name, count, scratch);
    }

    /// As [`limit`](Self::limit), for the findings file alone.
    pub fn note_limit(&mut self, os: &mut impl Os, name: &[u8], count: u64, scratch: &mut [u8]) {
        if self.findings.is_file() {
            let mut out = Buffer::new(scratch);
            json::limit(&mut out, name, count);
            self.findings.write(os, out.as_bytes(), false);
        }
    }

    /// The process ends with `status`, which is its own: Go's text has no word for that, and only the findings file is closed.
    pub fn leave(&mut self, os: &mut impl Os, status: i32, scratch: &mut [u8]) {
        if !self.ended {
            self.write_end(os, status, &mut Buffer::new(scratch));
        }
    }

    /// Writes what stands at the end: `Found N data race(s)` if there were some, and the findings file's last record.
    /// Returns the status with which the process has to exit if there were races, and `None` if it exits as it likes.
    ///
    /// Where a test binary found races of which none counts, its result may be a good one all the same, and the go command would hand it out
    /// again without the races: an unknown word in the list of what the result depends on keeps it from that.
    ///
    /// A second call writes nothing.
    pub fn finish(&mut self, os: &mut impl Os, scratch: &mut [u8]) -> Option<i32> {
        let status = (self.races > 0).then(|| self.exit_status());
        if !self.ended {
            let mut out = Buffer::new(scratch);
            text::found(&mut out, self.races);
            self.log.write(os, out.as_bytes(), true);
            self.write_end(os, status.unwrap_or(0), &mut out);
            if self.test_log.is_file() && self.written > 0 {
                self.test_log.write(os, NOT_TO_BE_CACHED, false);
            }
        }
        status
    }

    fn write_end(&mut self, os: &mut impl Os, status: i32, out: &mut Buffer<'_>) {
        self.ended = true;
        if self.findings.is_file() {
            out.clear();
            json::end(out, self.races, status);
            self.findings.write(os, out.as_bytes(), false);
        }
    }

    /// The low 8 bits of `exitcode`, as the kernel would take them.
    fn exit_status(&self) -> i32 {
        if self.begun { self.exit_code & 0xff } else { 66 }
    }
}

/// Appends what is wrong with a part of `GORACE`; a long part is cut.
fn describe(out: &mut Buffer<'_>, problem: Problem, part: &[u8]) {
    out.bytes(b"hb: GORACE: ignored ");
    match part.get(..80) {
        Some(start) => {
            text::printable(out, start);
            out.bytes(b"...");
        }
        None => text::printable(out, part),
    }
    if problem == Problem::Unknown {
        out.bytes(b": no such option\n");
    } else if problem == Problem::BadValue {
        out.bytes(b": bad value\n");
    } else if problem == Problem::NoValue {
        out.bytes(b": expected '='\n");
    } else {
        out.bytes(b": the quote is not closed\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use crate::sink::tests::FakeOs;

    #[expect(unsafe_code, reason = "all-zero memory is a reporter")]
    fn reporter() -> Box<Reporter> {
        // SAFETY: every field is an integer, a `bool` or an array of bytes, for which zero is a value.
        unsafe { Box::<Reporter>::new_zeroed().assume_init() }
    }

    fn process<'a>(gorace: &'a str, findings: &'a str) -> Process<'a> {
        Process {
            gorace: gorace.as_bytes(),
            findings: findings.as_bytes(),
            ask: b"",
            test_log: b"",
            pid: 42,
            parent: 41,
            start: 123,
            executable: b"/tmp/cache",
            go_version: b"go1.26.8",
        }
    }

    #[test]
    fn a_process_with_a_race() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        reporter.begin(&mut os, &process("exitcode=300", "/findings"), &mut scratch);
        let next = reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch);
        assert_eq!(next, Next::Continue);
        reporter.limit(&mut os, b"history", 3, b"stacks lost", &mut scratch);
        assert_eq!(reporter.finish(&mut os, &mut scratch), Some(44));
        assert_eq!(reporter.finish(&mut os, &mut scratch), Some(44));
        let text = os.text(2);
        assert!(text.starts_with("==================\nWARNING: DATA RACE\n"), "{text}");
        assert!(
            text.ends_with(
                "\n==================\nhb: limit history reached 3 times: stacks lost\nFound 1 data race(s)\n"
            )
        );
        let records = os.file("/findings/42-123.jsonl");
        let lines: Vec<_> = records.lines().collect();
        assert_eq!(
            lines[0],
            r#"{"t":"process","v":1,"pid":42,"ppid":41,"start":123,"exe":"/tmp/cache","goversion":"go1.26.8"}"#
        );
        assert!(
            lines[1].ends_with(r#","object":{"kind":"heap","start":"0xc0000140a0","size":16,"offset":8}}"#),
            "{}",
            lines[1]
        );
        assert_eq!(lines[2], r#"{"t":"limit","name":"history","count":3}"#);
        assert_eq!(lines[3..], [r#"{"t":"end","races":1,"exit":44}"#]);
        assert_eq!(os.calls, 3 + 4, "one write for each report and record");
    }

    #[test]
    fn the_readme_has_the_number_of_the_code() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
        assert!(readme.contains(&format!("Of one process the first {MOST_WRITTEN} reports are written")));
    }

    #[test]
    fn a_result_with_races_is_kept_out_of_the_cache() {
        for races in [0, 1] {
            let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
            let process = Process { test_log: b"/w/testlog.txt", ..process("", "") };
            reporter.begin(&mut os, &process, &mut scratch);
            for _ in 0..races {
                reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch);
            }
            reporter.finish(&mut os, &mut scratch);
            assert_eq!(os.file("/w/testlog.txt"), ["", "race seen\n"][races]);
        }
    }

    #[test]
    fn a_process_that_leaves_by_itself_closes_its_findings_and_says_nothing() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        reporter.begin(&mut os, &process("", "/f"), &mut scratch);
        reporter.note_limit(&mut os, b"lanes", 2, &mut scratch);
        reporter.leave(&mut os, 3, &mut scratch);
        reporter.leave(&mut os, 4, &mut scratch);
        assert!(os.files.get(&2).is_none_or(Vec::is_empty));
        let records = os.file("/f/42-123.jsonl");
        let lines: Vec<_> = records.lines().skip(1).collect();
        assert_eq!(lines, [r#"{"t":"limit","name":"lanes","count":2}"#, r#"{"t":"end","races":0,"exit":3}"#]);
    }

    #[test]
    fn a_process_without_races_prints_nothing() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        reporter.begin(&mut os, &process("", ""), &mut scratch);
        assert_eq!(reporter.finish(&mut os, &mut scratch), None);
        assert!(os.files.is_empty() && os.paths.is_empty());
    }

    #[test]
    fn halt_on_error_ends_the_file_and_finds_no_words() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        reporter.begin(&mut os, &process("halt_on_error=1", "/f"), &mut scratch);
        let next = reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch);
        assert_eq!(next, Next::Exit(66));
        assert!(os.text(2).ends_with("\n==================\n"));
        assert!(os.file("/f/42-123.jsonl").ends_with("}\n{\"t\":\"end\",\"races\":1,\"exit\":66}\n"));
    }

    #[test]
    fn hb_decides_what_a_race_amounts_to() {
        for (answer, next, races, printed) in [
            (Some(b'0'), Next::Known, 0, false),
            (Some(b'1'), Next::Continue, 1, false),
            (Some(b'2'), Next::Known, 0, true),
            (Some(b'3'), Next::Continue, 1, true),
            (None, Next::Continue, 1, true),
        ] {
            let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
            os.answer = answer;
            reporter.begin(&mut os, &Process { ask: b"/ask", ..process("", "") }, &mut scratch);
            assert_eq!(reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch), next);
            reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch);
            assert_eq!(reporter.races(), 2 * races);
            assert_eq!(os.text(2).contains("DATA RACE"), printed);
            // Where nobody answers, nobody is asked again.
            assert_eq!(os.asked.len(), if answer.is_some() { 2 } else { 1 });
            let (path, record) = &os.asked[0];
            assert_eq!(path, b"/ask\0");
            assert!(record.starts_with(b"{\"t\":\"race\"") && record.ends_with(b"}\n"));
        }
    }

    #[test]
    fn what_is_written_is_bounded() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        reporter.begin(&mut os, &process("", "/f"), &mut scratch);
        for _ in 0..10_000 {
            assert_eq!(reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch), Next::Continue);
        }
        assert_eq!(reporter.finish(&mut os, &mut scratch), Some(66));
        assert_eq!(os.text(2).matches("WARNING: DATA RACE").count(), 1000);
        assert!(os.text(2).ends_with(
            "==\nhb: 1000 data races were reported; further ones are only counted\nFound 10000 data race(s)\n"
        ));
        assert_eq!(os.file("/f/42-123.jsonl").lines().count(), 1 + 1000 + 1);
        assert!(os.file("/f/42-123.jsonl").contains("\"races\":10000"));
    }

    #[test]
    fn log_path() {
        for (gorace, file) in [("log_path=stdout", 1), ("log_path=stderr", 2), ("log_path=/l", 3)] {
            let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
            reporter.begin(&mut os, &process(gorace, ""), &mut scratch);
            assert!(os.paths.is_empty());
            reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch);
            reporter.finish(&mut os, &mut scratch);
            assert!(os.text(file).ends_with("=\nFound 1 data race(s)\n"), "{gorace}");
            assert_eq!(os.files.len(), 1);
            assert_eq!(os.paths.contains_key("/l.42"), file == 3);
        }
    }

    #[test]
    fn what_is_wrong_is_said_once_and_bounded() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        let gorace = format!("nosuch=1 exitcode=x\x1b halt {} a=' ", "long".repeat(100));
        let settings = reporter.begin(&mut os, &process(&gorace, ""), &mut scratch);
        assert_eq!(settings, Settings::default());
        assert_eq!(
            os.text(2),
            format!(
                "hb: GORACE: ignored nosuch=1: no such option\nhb: GORACE: ignored exitcode=x?: bad value\n\
                 hb: GORACE: ignored halt: expected '='\nhb: GORACE: ignored {}...: expected '='\n\
                 hb: GORACE: ignored a=' : the quote is not closed\n",
                "long".repeat(20)
            )
        );
        assert_eq!(os.calls, 1);
        let (mut os, mut reporter) = (FakeOs::default(), tests::reporter());
        let gorace = format!("strip_path_prefix={} {}", "x".repeat(5000), "y=1 ".repeat(20));
        reporter.begin(&mut os, &process(&gorace, ""), &mut scratch);
        assert_eq!(os.text(2).lines().count(), 10);
        assert!(os.text(2).contains("further parts ignored: 12\n"));
        assert!(os.text(2).ends_with("strip_path_prefix is too long and ignored\n"));
    }

    #[test]
    fn before_begin_a_race_is_still_reported() {
        let (mut os, mut scratch, mut reporter) = (FakeOs::default(), vec![0; 1 << 16], reporter());
        reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut scratch);
        assert_eq!(reporter.finish(&mut os, &mut scratch), Some(66));
        assert!(os.text(2).contains("DATA RACE"));
    }

    #[test]
    fn without_scratch_nothing_breaks() {
        let (mut os, mut reporter) = (FakeOs::default(), reporter());
        reporter.begin(&mut os, &process("halt", "/f"), &mut []);
        reporter.race(&mut os, &fake::symbolizer(), &fake::race(), &mut []);
        assert_eq!(reporter.finish(&mut os, &mut []), Some(66));
    }
}
