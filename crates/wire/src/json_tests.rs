//! The records are held against the reader that `hb` uses.

use std::io::Cursor;

use hb_report::raw::{self, Record};

use super::*;
use crate::data::SyncOperation;
use crate::fake;

/// The record of a race, rendered in so much memory.
fn rendered(it: &Race<'_>, memory: usize) -> Vec<u8> {
    let mut memory = vec![0; memory];
    let mut out = Buffer::new(&mut memory);
    race(&mut out, it, &fake::symbolizer());
    out.as_bytes().to_vec()
}

/// What the reader makes of lines of which none may be damaged.
fn read(lines: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let note = raw::read_records(Cursor::new(lines), |record| records.push(record)).unwrap();
    assert_eq!(note.damaged_lines, 0, "{}", String::from_utf8_lossy(lines));
    records
}

fn read_race(line: &[u8]) -> raw::Race {
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(line.last(), Some(&b'\n'));
    match read(line).pop() {
        Some(Record::Race(race)) => *race,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_race_reads_back() {
    let read = read_race(&rendered(&fake::race(), 1 << 16));
    let [current, previous] = &read.accesses;
    assert_eq!((current.op, current.addr.0, current.size), (raw::Op::Write, 0xc0000140a8, 8));
    assert_eq!((current.gid, current.main, current.atomic), (7, false, false));
    assert_eq!(current.state, raw::State::Running);
    assert_eq!(current.stack_state, raw::StackState::Full);
    let frames: Vec<_> =
        current.stack.iter().map(|frame| (frame.func.as_str(), frame.file.as_str(), frame.line)).collect();
    assert_eq!(frames, [("main.store", "/src/main.go", 14), ("main.racer", "/src/main.go", 23)]);
    assert_eq!(current.stack[0].pc, Some(raw::Addr(fake::STORE as u64)));
    assert_eq!(current.stack[0].off, Some(raw::Addr(0x1d)));
    assert_eq!(current.created.len(), 1);
    assert_eq!((previous.op, previous.gid, previous.main), (raw::Op::Read, 1, true));
    let inlined: Vec<_> = previous.stack.iter().map(|f| (f.func.as_str(), f.inlined)).collect();
    assert_eq!(inlined, [("main.inlined", true), ("main.main", false)]);
    assert!(previous.created.is_empty());
    assert_eq!(read.object, None);
    assert_eq!((current.bytes, previous.bytes), (None, None));
}

#[test]
fn bytes_with_gaps() {
    let mut race = fake::race();
    race.current.bytes = 0b1011_0000;
    assert_eq!(read_race(&rendered(&race, 1 << 16)).accesses[0].bytes, Some(0b1011_0000));
}

/// A race with something in every field.
fn everything<'a>(
    stack: Stack<'a>,
    sync: &'a [SyncEvent<'a>],
    locks: &'a [Lock<'a>],
    ancestry: &'a [Ancestor<'a>],
) -> Race<'a> {
    let mut it = fake::race();
    for access in [&mut it.current, &mut it.previous] {
        access.sync = sync;
        access.locks = locks;
        access.stack = stack;
        access.goroutine.is_main = false;
        access.goroutine.ancestry = ancestry;
        access.goroutine.created = stack;
    }
    it.current.atomic = true;
    it.previous.goroutine.finished = true;
    it.object = Some(Object {
        kind: ObjectKind::Heap,
        start: 0xc000014000,
        size: 4096,
        name: b"main.\"total",
        allocation: Some((3, stack)),
        content: None,
    });
    it.common = Some(Common { operation: SyncOperation::Go, goid: 1, stack });
    it
}

fn parts<'a>(stack: Stack<'a>) -> ([SyncEvent<'a>; 2], [Lock<'a>; 1], [Ancestor<'a>; 2]) {
    let before = SyncEvent {
        after: false,
        operation: SyncOperation::ChanSend,
        address: 0xc000100000,
        capacity: Some(3),
        clock: 17,
        stack,
    };
    let after = SyncEvent { after: true, operation: SyncOperation::Go, address: 0, capacity: None, ..before };
    let lock = Lock { address: 0xc000200000, read: true, stack };
    (
        [before, after],
        [lock],
        [
            Ancestor { goid: 5, created: stack },
            Ancestor { goid: 1, created: Stack { pcs: &[], state: StackState::Full } },
        ],
    )
}

#[test]
fn every_field_reads_back() {
    let stack = Stack { pcs: &[fake::STORE, fake::RACER, fake::GOEXIT], state: StackState::Truncated };
    let (sync, locks, ancestry) = parts(stack);
    let line = rendered(&everything(stack, &sync, &locks, &ancestry), 1 << 20);
    let json: serde_json::Value = serde_json::from_slice(&line).unwrap();
    let read = read_race(&line);
    for (access, state) in read.accesses.iter().zip([raw::State::Running, raw::State::Finished]) {
        assert_eq!(access.state, state);
        assert_eq!(access.stack_state, raw::StackState::Truncated);
        assert_eq!(access.stack.len(), 3);
        assert_eq!(access.ancestry.iter().map(|a| (a.gid, a.created.len())).collect::<Vec<_>>(), [(5, 3), (1, 0)]);
        let [before, after] = &access.sync[..] else { panic!() };
        assert_eq!(
            (before.op.as_str(), before.when, before.addr, before.cap),
            ("chan_send", raw::When::Before, Some(raw::Addr(0xc000100000)), Some(3))
        );
        assert_eq!(
            (after.op.as_str(), after.when, after.addr, after.cap, after.stack.len()),
            ("go", raw::When::After, None, None, 3)
        );
        assert_eq!((access.locks[0].mode, access.locks[0].addr.0), (raw::LockMode::Read, 0xc000200000));
    }
    assert_eq!(json["accesses"][0]["created_state"], "truncated");
    assert!(json["accesses"][0]["atomic"].as_bool().unwrap());
    let object = read.object.unwrap();
    assert_eq!(
        (object.kind, object.start.0, object.size, object.offset),
        (raw::ObjectKind::Heap, 0xc000014000, 4096, 0xa8)
    );
    assert_eq!(object.name.as_deref(), Some("main.\"total"));
    assert_eq!((object.alloc_gid, object.alloc.len()), (Some(3), 3));
    let common = read.common.unwrap();
    assert_eq!((common.op.as_str(), common.gid, common.stack.len()), ("go", 1, 3));
}

#[test]
fn object_kinds() {
    for (kind, expected) in [
        (ObjectKind::Heap, raw::ObjectKind::Heap),
        (ObjectKind::Global, raw::ObjectKind::Global),
        (ObjectKind::Stack, raw::ObjectKind::Stack),
    ] {
        let mut it = fake::race();
        it.object = Some(Object { kind, start: usize::MAX, size: 0, name: b"", allocation: None, content: None });
        let object = read_race(&rendered(&it, 1 << 16)).object.unwrap();
        assert_eq!((object.kind, object.offset), (expected, 0));
    }
}

#[test]
fn a_lost_stack() {
    let mut it = fake::race();
    it.previous.stack = Stack::LOST;
    it.current.goroutine.created = Stack::LOST;
    let line = rendered(&it, 1 << 16);
    let read = read_race(&line);
    assert_eq!(read.accesses[1].stack_state, raw::StackState::Lost);
    assert!(read.accesses[1].stack.is_empty());
    assert!(String::from_utf8(line).unwrap().contains(r#""created":[],"created_state":"lost""#));
}

#[test]
fn ten_thousand_frames_are_cut_and_that_is_said() {
    let pcs = vec![fake::STORE; 10_000];
    let stack = Stack { pcs: &pcs, state: StackState::Full };
    let (sync, locks, ancestry) = parts(stack);
    let it = everything(stack, &sync, &locks, &ancestry);
    let line = rendered(&it, 1 << 16);
    assert!(line.len() <= 1 << 16);
    let json: serde_json::Value = serde_json::from_slice(&line).unwrap();
    let read = read_race(&line);
    for (access, json) in read.accesses.iter().zip(json["accesses"].as_array().unwrap()) {
        assert_eq!(access.stack_state, raw::StackState::Truncated);
        assert!(access.stack.len() > 50 && access.created.len() > 20);
        assert!(access.sync.is_empty() && access.locks.is_empty() && access.ancestry.is_empty());
        for key in ["sync_cut", "locks_cut", "ancestry_cut"] {
            assert_eq!(json[key], true);
        }
    }
    assert!(!read.object.unwrap().alloc.is_empty());
    // No line is longer than readers take, however much memory there is.
    let line = rendered(&it, 64 << 20);
    assert!(line.len() <= LONGEST_LINE && line.len() > LONGEST_LINE / 2);
    read_race(&line);
}

#[test]
fn every_size_of_memory_gives_a_whole_record_or_none() {
    let stack = Stack { pcs: &[fake::STORE, fake::MAIN, fake::GOEXIT], state: StackState::Full };
    let (sync, locks, ancestry) = parts(stack);
    let it = everything(stack, &sync, &locks, &ancestry);
    let full = rendered(&it, 1 << 20).len();
    for memory in 0..full + 3000 {
        let line = rendered(&it, memory);
        if line.is_empty() {
            assert!(memory < LEAST_MEMORY, "{memory}");
        } else {
            read_race(&line);
        }
    }
}

#[test]
fn names_of_any_bytes() {
    let mut it = fake::race();
    let pcs = [fake::HOSTILE, fake::HUGE, fake::UNKNOWN];
    it.current.stack = Stack { pcs: &pcs, state: StackState::Full };
    let read = read_race(&rendered(&it, 1 << 16));
    let [hostile, huge, unknown] = &read.accesses[0].stack[..] else { panic!() };
    assert_eq!(hostile.func, "evil\x1b[31m\"\\\u{9b}\u{fffd}é\u{fffd}");
    assert_eq!(hostile.file, "/a\nb\tc.go");
    assert_eq!(huge.func, format!("{}...", "x".repeat(4096)));
    assert_eq!((unknown.func.as_str(), unknown.file.as_str(), unknown.line), ("??", "-", 0));
}

#[test]
fn inlining_without_end_ends() {
    let mut it = fake::race();
    let pcs = [fake::ENDLESS, fake::GOEXIT];
    it.current.stack = Stack { pcs: &pcs, state: StackState::Full };
    assert_eq!(read_race(&rendered(&it, 4 << 20)).accesses[0].stack.len(), 1000);
}

#[test]
fn every_string_is_escaped() {
    let all: Vec<u8> = (0..=255).collect();
    let mut memory = [0; 2000];
    let mut out = Buffer::new(&mut memory);
    string(&mut out, &all, false);
    let back: String = serde_json::from_slice(out.as_bytes()).unwrap();
    assert_eq!(back, String::from_utf8_lossy(&all));
}

#[test]
fn the_other_records() {
    let mut memory = vec![0; 1 << 16];
    let mut out = Buffer::new(&mut memory);
    process(
        &mut out,
        &ProcessRecord { pid: 1, parent: 2, executable: b"/a\"b\xff", go_version: b"go1.26.8", start: u64::MAX >> 1 },
    );
    limit(&mut out, b"history", 9);
    end(&mut out, 2, 66);
    let records = read(out.as_bytes());
    let [Record::Process(process), Record::Limit(limit), Record::End(end)] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!((process.pid, process.exe.as_str()), (1, "/a\"b\u{fffd}"));
    assert_eq!((limit.name.as_str(), limit.count), ("history", 9));
    assert_eq!((end.races, end.exit), (2, Some(66)));
    // A path that does not fit is left out, the record is not.
    let mut memory = [0; 100];
    let mut out = Buffer::new(&mut memory);
    super::process(&mut out, &ProcessRecord { pid: 1, parent: 2, executable: &[b'x'; 200], go_version: b"", start: 3 });
    assert_eq!(read(out.as_bytes()).len(), 1);
}
