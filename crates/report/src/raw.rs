//! The raw findings format, version 1: what the runtime inside the user's process writes.
//!
//! One file per process, `<pid>-<starttime>.jsonl`, one JSON object per line, one `write(2)` per line. A process
//! that is killed loses at most the line in progress, so the reader skips a last line that does not parse and says
//! so. Every field but the few named in `docs/findings-schema.md` may be absent; unknown fields are ignored, so the
//! runtime may grow ahead of this crate.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::BufRead;

/// The version number that the `process` line carries in `v`.
pub const VERSION: u32 = 1;

/// A longest line the reader accepts, in bytes: a longer one is counted as damaged, not held in memory.
pub const MAX_LINE_BYTES: u64 = 4 << 20;

/// An address or program counter: `"0xc000012345"` in JSON, a plain number here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr(pub u64);

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

impl Serialize for Addr {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Addr {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Addr;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address such as \"0xc000012345\", or a number")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Addr, E> {
                let parsed = match text.strip_prefix("0x") {
                    Some(hex) => u64::from_str_radix(hex, 16),
                    None => text.parse(),
                };
                parsed.map(Addr).map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Addr, E> {
                Ok(Addr(number))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// One line of a raw file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Record {
    /// First line: who writes.
    Process(Process),
    /// A data race.
    Race(Box<Race>),
    /// A bound of the detector was reached, so something may have been missed.
    Limit(Limit),
    /// Last line of a process that ended in order.
    End(End),
    /// A kind of line that a newer runtime writes; skipped.
    #[serde(other)]
    Unknown,
}

/// The first line of a raw file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Process {
    /// Version of the raw format, [`VERSION`].
    pub v: u32,
    /// Process id.
    pub pid: u32,
    /// Parent's process id, 0 if not known.
    pub ppid: u32,
    /// Path of the executable. Never its arguments or environment.
    pub exe: String,
    /// `runtime.Version()`, such as `go1.26.8`.
    pub goversion: String,
    /// Start of the process, nanoseconds since the Unix epoch; 0 if not known.
    pub start: u64,
    /// Import path of the tested package when the process is a test binary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// A bound of the detector that was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// The limit's name as the detector's `limits` module gives it.
    pub name: String,
    /// How many times it was reached.
    pub count: u64,
}

/// The last line of a raw file: its absence means that the process was killed or still runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct End {
    /// Races that the process reported.
    pub races: u64,
    /// The exit status that the runtime asked for, if it asked for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
}

/// A data race: two accesses to the same bytes that nothing orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Race {
    /// The two accesses, the later one (which found the race) first.
    pub accesses: [Access; 2],
    /// What the address belongs to, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// The last event that came before both accesses, usually the `go` statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common: Option<Common>,
    /// Names of the tests that ran when the race was found, as `testing` prints them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests_running: Vec<String>,
}

impl Race {
    /// Hands out every frame of every stack.
    pub fn each_frame(&mut self, mut each: impl FnMut(&mut Frame)) {
        let mut stack = |stack: &mut Vec<Frame>| stack.iter_mut().for_each(&mut each);
        for access in &mut self.accesses {
            stack(&mut access.stack);
            stack(&mut access.created);
            access.ancestry.iter_mut().for_each(|ancestor| stack(&mut ancestor.created));
            access.sync.iter_mut().for_each(|event| stack(&mut event.stack));
            access.locks.iter_mut().for_each(|lock| stack(&mut lock.stack));
        }
        self.object.iter_mut().for_each(|object| stack(&mut object.alloc));
        self.common.iter_mut().for_each(|common| stack(&mut common.stack));
    }
}

/// Whether an access reads or writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A read.
    #[default]
    Read,
    /// A write (an atomic read-modify-write counts as one).
    Write,
}

/// Whether a goroutine had ended when the race was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Still there, running or blocked.
    #[default]
    Running,
    /// Ended.
    Finished,
}

/// How much of a stack could be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// All of it.
    #[default]
    Full,
    /// The innermost frames; outer ones were dropped by a limit.
    Truncated,
    /// None of it: the history limit was passed.
    Lost,
}

/// One of the two accesses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// Read or write.
    pub op: Op,
    /// Done by an atomic operation.
    pub atomic: bool,
    /// First byte accessed.
    pub addr: Addr,
    /// Number of bytes accessed, 0 if not known (stock `-race` text does not say).
    pub size: u64,
    /// Which bytes of the 8-byte word around the address, a bit for each, where they are not in one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u8>,
    /// The goroutine's id: Go's own goid.
    pub gid: u64,
    /// The main goroutine.
    pub main: bool,
    /// Whether the goroutine had ended when the race was found.
    pub state: State,
    /// Innermost frame first, inlined frames included.
    pub stack: Vec<Frame>,
    /// How much of the stack is there.
    pub stack_state: StackState,
    /// Stack of the `go` statement that started the goroutine, innermost first; empty for main.
    pub created: Vec<Frame>,
    /// The goroutines above this one: its parent first, then the parent's parent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ancestry: Vec<Ancestor>,
    /// What the goroutine last synchronised with, before and after the access.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sync: Vec<SyncEvent>,
    /// Locks held during the access.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Lock>,
    /// Full name of the test to whose family the goroutine belongs, when the runtime knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

impl Access {
    /// True if the runtime said anything about synchronisation, so that silence about an edge means its absence.
    pub fn knows_sync(&self) -> bool {
        !self.sync.is_empty()
    }
}

/// A goroutine above the accessing one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ancestor {
    /// Its goid; 1 is main.
    pub gid: u64,
    /// Stack of the `go` statement that started it; empty for main.
    pub created: Vec<Frame>,
}

/// One stack frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// The function's full name, without parentheses: `main.(*Cache).Get`.
    #[serde(rename = "fn")]
    pub func: String,
    /// Source file as the binary names it.
    pub file: String,
    /// Line in the file, from 1; 0 if not known.
    pub line: u32,
    /// The call was inlined into the next frame.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inlined: bool,
    /// Program counter, absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<Addr>,
    /// Program counter as an offset into the function: the `+0x1a` of Go's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<Addr>,
    /// Line of the function's `func` keyword, if the runtime knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fn_line: Option<u32>,
}

/// What kind of memory an address belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A heap block.
    #[default]
    Heap,
    /// A package-level variable.
    Global,
    /// A goroutine's stack.
    Stack,
}

/// The object that holds the address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Object {
    /// Kind of memory.
    pub kind: ObjectKind,
    /// First byte of the object.
    pub start: Addr,
    /// Bytes in the object.
    pub size: u64,
    /// Where in the object the race is, in bytes from its start.
    pub offset: u64,
    /// Linker symbol of a global: `main.total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Go type of the object, if known: `main.Cache`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Path inside the type, if known: `.items`, `[3].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The object holds several values of the type.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub elements: bool,
    /// Type of the innermost value where the race is, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Its kind, in Go's word: `string`, `slice`, `interface`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_kind: Option<String>,
    /// Where in it the race is, in bytes.
    #[serde(skip_serializing_if = "is_zero")]
    pub part_offset: u64,
    /// File that declares a global, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line that declares a global, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Goroutine that allocated a heap block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alloc_gid: Option<u64>,
    /// Stack of the allocation, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alloc: Vec<Frame>,
    /// How much of the stack is there; `lost` where the block's allocation is not remembered.
    #[serde(skip_serializing_if = "is_full")]
    pub alloc_state: StackState,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_full(state: &StackState) -> bool {
    *state == StackState::Full
}

/// On which side of the access a synchronisation event lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The last one before the access.
    #[default]
    Before,
    /// The first one after the access.
    After,
}

/// Something a goroutine synchronised with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncEvent {
    /// Before or after the access.
    pub when: When,
    /// Operation: `mutex_lock`, `mutex_unlock`, `rwmutex_rlock`, `chan_send`, `atomic_store`, `acquire`, `go`, …
    pub op: String,
    /// The synchronisation object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<Addr>,
    /// What the source calls the object, as the reader found it: `c.mu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The goroutine's own clock at the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<u64>,
    /// Capacity of the channel, for channel operations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// Where it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Frame>,
}

/// How a lock is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LockMode {
    /// Exclusively: `Lock`.
    #[default]
    #[serde(rename = "w")]
    Write,
    /// Shared: `RLock`.
    #[serde(rename = "r")]
    Read,
}

/// A lock held during an access.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lock {
    /// The mutex.
    pub addr: Addr,
    /// Exclusive or shared.
    pub mode: LockMode,
    /// Where it was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Frame>,
}

/// The last event that precedes both accesses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Common {
    /// Operation, as in [`SyncEvent::op`].
    pub op: String,
    /// The goroutine that did it.
    pub gid: u64,
    /// Where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Frame>,
}

/// What reading one raw file gave besides its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadNote {
    /// Lines that were no record: damaged, too long, or cut off in the middle.
    pub damaged_lines: u64,
}

/// Reads records one by one and hands each to `each`, so that a file of any length needs the memory of one line.
///
/// # Errors
/// Only those of the reader itself. A line that is no record is counted in the note and skipped.
pub fn read_records(mut reader: impl BufRead, mut each: impl FnMut(Record)) -> std::io::Result<ReadNote> {
    use std::io::Read as _;
    let mut note = ReadNote::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let taken = (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
        if taken == 0 {
            return Ok(note);
        }
        if line.last() != Some(&b'\n') && taken as u64 == MAX_LINE_BYTES {
            note.damaged_lines += 1;
            skip_line(&mut reader)?;
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_matches(['\0', ' ', '\r', '\n', '\t']);
        if text.is_empty() {
            continue;
        }
        match serde_json::from_str(text) {
            Ok(record) => each(record),
            Err(_) => note.damaged_lines += 1,
        }
    }
}

/// Passes over the rest of an overlong line without keeping it.
fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        match buffer.iter().position(|&byte| byte == b'\n') {
            Some(at) => {
                reader.consume(at + 1);
                return Ok(());
            }
            None => {
                let all = buffer.len();
                reader.consume(all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimal_race_parses_and_unknown_things_are_ignored() {
        let text = concat!(
            r#"{"v":1,"t":"process","pid":7,"later":true}"#,
            "\n",
            r#"{"t":"race","accesses":[{"op":"write","addr":"0xc000012345","gid":7},{"op":"read"}],"object":null}"#,
            "\n",
            r#"{"t":"weather"}"#,
            "\n",
            r#"{"t":"limit","name":"history","count":2}"#,
            "\n",
            r#"{"t":"race","acc"#,
        );
        let mut records = Vec::new();
        let note = read_records(text.as_bytes(), |record| records.push(record)).unwrap();
        assert_eq!(note.damaged_lines, 1);
        assert_eq!(records.len(), 4);
        let Record::Race(race) = &records[1] else { panic!("{records:?}") };
        assert_eq!(race.accesses[0].addr, Addr(0xc000012345));
        assert_eq!(race.accesses[0].op, Op::Write);
        assert_eq!(records[2], Record::Unknown);
    }

    #[test]
    fn a_line_without_end_is_counted_and_not_held() {
        let mut text = vec![b'x'; MAX_LINE_BYTES as usize + 10];
        text.extend_from_slice(b"\n{\"t\":\"end\",\"races\":1}\n");
        let mut records = Vec::new();
        let note = read_records(text.as_slice(), |record| records.push(record)).unwrap();
        assert_eq!(note.damaged_lines, 1);
        assert_eq!(records, [Record::End(End { races: 1, exit: None })]);
    }
}
