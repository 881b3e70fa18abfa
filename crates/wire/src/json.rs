//! Raw finding records, one JSON object per line, as `docs/findings-schema.md` describes them.
//!
//! A record that does not fit into its memory is cut, but stays valid JSON: each list gets a share of the memory, and its
//! items are written whole or not at all. A stack that lost frames so has the state `"truncated"`; another list says
//! `"<name>_cut": true`.

use crate::buffer::Buffer;
use crate::data::{Access, Ancestor, Common, Goroutine, Lock, Object, ObjectKind, Race, Stack, StackState, SyncEvent};
use crate::symbolize::{Frame, Name, Symbolizer};

/// Kept free for what stands around the lists, well below this for two accesses.
const RESERVE: usize = 4096;

/// Longest name of a type or path in one that is written, in bytes; literal types can be long.
const LONGEST_TYPE: usize = 128;
/// Longest name of a package-level variable taken, in bytes.
const LONGEST_SYMBOL: usize = 256;

/// Least memory with which a record of a race is certain to be written; see [`race`].
pub const LEAST_MEMORY: usize = 2 * RESERVE;

/// Longest line of a findings file that readers take.
pub const LONGEST_LINE: usize = 4 << 20;

/// The shares of the memory that the parts of a race may fill. What one leaves over goes to those after it.
const STACK_SHARE: usize = 3;
const CREATED_SHARE: usize = 1;
const ANCESTRY_SHARE: usize = 1;
const SYNC_SHARE: usize = 2;
const LOCKS_SHARE: usize = 1;
const ALLOCATION_SHARE: usize = 1;
const COMMON_SHARE: usize = 1;
const ALL_SHARES: usize =
    2 * (STACK_SHARE + CREATED_SHARE + ANCESTRY_SHARE + SYNC_SHARE + LOCKS_SHARE) + ALLOCATION_SHARE + COMMON_SHARE;

/// What the first record of a process says.
#[derive(Clone, Copy, Debug)]
pub struct ProcessRecord<'a> {
    /// Process id.
    pub pid: u32,
    /// The parent's process id.
    pub parent: u32,
    /// Path of the executable.
    pub executable: &'a [u8],
    /// `runtime.Version()`; empty: not known.
    pub go_version: &'a [u8],
    /// Start of the process, nanoseconds since the Unix epoch.
    pub start: u64,
}

/// Appends the first record of a process, at most some 50 KB long (an executable's path of 4095 bytes that all need escapes).
pub fn process(out: &mut Buffer<'_>, process: &ProcessRecord<'_>) {
    out.bytes(b"{\"t\":\"process\",\"v\":1,\"pid\":");
    out.decimal(process.pid.into());
    out.bytes(b",\"ppid\":");
    out.decimal(process.parent.into());
    out.bytes(b",\"start\":");
    out.decimal(process.start);
    for (key, value) in [(&b",\"exe\":"[..], process.executable), (b",\"goversion\":", process.go_version)] {
        let mark = out.mark();
        if !value.is_empty() {
            out.bytes(key);
            string(out, value, false);
        }
        if out.is_full() {
            out.rollback(mark);
        }
    }
    out.bytes(b"}\n");
}

/// Appends a record that a limit was reached `count` times.
pub fn limit(out: &mut Buffer<'_>, name: &[u8], count: u64) {
    out.bytes(b"{\"t\":\"limit\",\"name\":");
    string(out, name, false);
    out.bytes(b",\"count\":");
    out.decimal(count);
    out.bytes(b"}\n");
}

/// Appends the last record of a process.
pub fn end(out: &mut Buffer<'_>, races: u64, exit_status: i32) {
    out.bytes(b"{\"t\":\"end\",\"races\":");
    out.decimal(races);
    out.bytes(b",\"exit\":");
    out.signed(exit_status.into());
    out.bytes(b"}\n");
}

/// Appends the record of a race to an empty buffer. With less memory than [`LEAST_MEMORY`] it may come to nothing: then
/// the buffer stays empty, and the caller has to say so.
pub fn race(out: &mut Buffer<'_>, race: &Race<'_>, symbolizer: &Symbolizer) {
    let start = out.mark();
    let mut writer = Writer { out, symbolizer, shares_left: ALL_SHARES };
    writer.out.bytes(b"{\"t\":\"race\",\"accesses\":[");
    writer.access(&race.current);
    writer.out.byte(b',');
    writer.access(&race.previous);
    writer.out.byte(b']');
    if let Some(object) = &race.object {
        writer.object(object, race.current.address);
    }
    if let Some(common) = &race.common {
        writer.common(common);
    }
    writer.out.bytes(b"}\n");
    if out.is_full() {
        out.rollback(start);
    }
}

struct Writer<'w, 'm> {
    out: &'w mut Buffer<'m>,
    symbolizer: &'w Symbolizer,
    shares_left: usize,
}

impl Writer<'_, '_> {
    fn access(&mut self, access: &Access<'_>) {
        let out = &mut *self.out;
        out.bytes(b"{\"op\":");
        out.bytes(if access.write { b"\"write\"" } else { b"\"read\"" });
        out.bytes(b",\"atomic\":");
        boolean(out, access.atomic);
        out.bytes(b",\"addr\":");
        address(out, access.address);
        out.bytes(b",\"size\":");
        out.decimal(access.size as u64);
        if access.bytes != 0 {
            out.bytes(b",\"bytes\":");
            out.decimal(access.bytes.into());
        }
        let goroutine = &access.goroutine;
        out.bytes(b",\"gid\":");
        out.decimal(goroutine.goid);
        out.bytes(b",\"main\":");
        boolean(out, goroutine.is_main);
        out.bytes(b",\"state\":");
        out.bytes(if goroutine.finished { b"\"finished\"" } else { b"\"running\"" });
        out.bytes(b",\"stack\":");
        let state = self.frames(&access.stack, STACK_SHARE);
        self.out.bytes(b",\"stack_state\":");
        stack_state(self.out, state);
        self.goroutine(goroutine);
        self.list(b"sync", access.sync, SYNC_SHARE, sync_event);
        self.list(b"locks", access.locks, LOCKS_SHARE, lock);
        self.out.byte(b'}');
    }

    fn goroutine(&mut self, goroutine: &Goroutine<'_>) {
        self.out.bytes(b",\"created\":");
        if goroutine.is_main {
            self.shares_left -= CREATED_SHARE;
            self.out.bytes(b"[]");
        } else {
            let state = self.frames(&goroutine.created, CREATED_SHARE);
            if state != StackState::Full {
                self.out.bytes(b",\"created_state\":");
                stack_state(self.out, state);
            }
        }
        if !goroutine.test.is_empty() {
            self.out.bytes(b",\"test\":");
            string(self.out, goroutine.test, false);
        }
        self.list(b"ancestry", goroutine.ancestry, ANCESTRY_SHARE, ancestor);
    }

    fn object(&mut self, object: &Object<'_>, at: usize) {
        let out = &mut *self.out;
        out.bytes(b",\"object\":{\"kind\":");
        out.bytes(if object.kind == ObjectKind::Heap {
            b"\"heap\""
        } else if object.kind == ObjectKind::Global {
            b"\"global\""
        } else {
            b"\"stack\""
        });
        out.bytes(b",\"start\":");
        address(out, object.start);
        out.bytes(b",\"size\":");
        out.decimal(object.size as u64);
        if let Some(offset) = at.checked_sub(object.start) {
            out.bytes(b",\"offset\":");
            out.decimal(offset as u64);
        }
        if !object.name.is_empty() {
            out.bytes(b",\"name\":");
            string(out, object.name.get(..LONGEST_SYMBOL).unwrap_or(object.name), object.name.len() > LONGEST_SYMBOL);
        }
        if let Some(content) = &object.content {
            for (key, value) in [
                (&b",\"type\":"[..], content.type_name),
                (b",\"field\":", content.path),
                (b",\"part\":", content.part),
                (b",\"part_kind\":", content.part_kind),
            ] {
                if !value.is_empty() {
                    out.bytes(key);
                    string(out, value.get(..LONGEST_TYPE).unwrap_or(value), value.len() > LONGEST_TYPE);
                }
            }
            out.bytes(b",\"part_offset\":");
            out.decimal(content.part_offset as u64);
            if content.elements {
                out.bytes(b",\"elements\":true");
            }
        }
        if let Some((goid, stack)) = &object.allocation {
            out.bytes(b",\"alloc_gid\":");
            out.decimal(*goid);
            out.bytes(b",\"alloc\":");
            let state = self.frames(stack, ALLOCATION_SHARE);
            if state != StackState::Full {
                self.out.bytes(b",\"alloc_state\":");
                stack_state(self.out, state);
            }
        }
        self.out.byte(b'}');
    }

    fn common(&mut self, common: &Common<'_>) {
        self.out.bytes(b",\"common\":{\"op\":");
        string(self.out, common.operation.word(), false);
        self.out.bytes(b",\"gid\":");
        self.out.decimal(common.goid);
        self.out.bytes(b",\"stack\":");
        self.frames(&common.stack, COMMON_SHARE);
        self.out.byte(b'}');
    }

    /// Lets what follows fill `share` of the memory left, until [`end_share`](Self::end_share).
    fn begin_share(&mut self, share: usize) {
        let room = self.out.capacity().min(LONGEST_LINE).saturating_sub(RESERVE).saturating_sub(self.out.len());
        // No part counts more than what is left, so this is at most `room`; with nothing left it gets everything.
        let part = room.saturating_mul(share).checked_div(self.shares_left).unwrap_or(room);
        self.shares_left = self.shares_left.saturating_sub(share);
        self.out.set_limit(self.out.len() + part);
    }

    fn end_share(&mut self) {
        self.out.set_limit(self.out.capacity());
    }

    /// Appends a stack as a list of frames within a share of the memory, and returns how much of the stack it is.
    fn frames(&mut self, stack: &Stack<'_>, share: usize) -> StackState {
        self.out.byte(b'[');
        self.begin_share(share);
        let cut = frames(self.out, stack, self.symbolizer);
        self.end_share();
        self.out.byte(b']');
        if cut && stack.state == StackState::Full { StackState::Truncated } else { stack.state }
    }

    /// Appends a list of whole items under `key` within a share of the memory; nothing if it is empty.
    fn list<T>(&mut self, key: &[u8], items: &[T], share: usize, write: impl Fn(&mut Buffer<'_>, &T, &Symbolizer)) {
        if items.is_empty() {
            self.shares_left = self.shares_left.saturating_sub(share);
            return;
        }
        self.out.bytes(b",\"");
        self.out.bytes(key);
        self.out.bytes(b"\":[");
        self.begin_share(share);
        let mut cut = false;
        for (index, item) in items.iter().enumerate() {
            let mark = self.out.mark();
            if index > 0 {
                self.out.byte(b',');
            }
            write(self.out, item, self.symbolizer);
            if self.out.is_full() {
                self.out.rollback(mark);
                cut = true;
                break;
            }
        }
        self.end_share();
        self.out.byte(b']');
        if cut {
            self.out.bytes(b",\"");
            self.out.bytes(key);
            self.out.bytes(b"_cut\":true");
        }
    }
}

/// Appends the frames of a stack between commas, as many as fit, and returns whether some did not.
fn frames(out: &mut Buffer<'_>, stack: &Stack<'_>, symbolizer: &Symbolizer) -> bool {
    let start = out.mark();
    let mut cut = false;
    symbolizer.frames(stack, |it| {
        let mark = out.mark();
        if mark != start {
            out.byte(b',');
        }
        frame(out, it);
        if out.is_full() {
            out.rollback(mark);
            cut = true;
        }
        !cut
    });
    cut
}

/// Appends a whole stack inside of a list's item. One that does not fit leaves the buffer full, for the list to go back.
fn whole_stack(out: &mut Buffer<'_>, stack: &Stack<'_>, symbolizer: &Symbolizer) {
    out.byte(b'[');
    let mut first = true;
    symbolizer.frames(stack, |it| {
        if !first {
            out.byte(b',');
        }
        first = false;
        frame(out, it);
        !out.is_full()
    });
    out.byte(b']');
}

fn frame(out: &mut Buffer<'_>, frame: &Frame) {
    out.bytes(b"{\"fn\":");
    name(out, frame.function);
    out.bytes(b",\"file\":");
    name(out, frame.file);
    out.bytes(b",\"line\":");
    // Readers hold lines in 32 bits.
    out.decimal((frame.line as u64).min(u32::MAX.into()));
    if frame.inlined {
        out.bytes(b",\"inlined\":true");
    }
    out.bytes(b",\"pc\":");
    address(out, frame.pc);
    out.bytes(b",\"off\":");
    address(out, frame.offset);
    out.byte(b'}');
}

fn ancestor(out: &mut Buffer<'_>, ancestor: &Ancestor<'_>, symbolizer: &Symbolizer) {
    out.bytes(b"{\"gid\":");
    out.decimal(ancestor.goid);
    out.bytes(b",\"created\":");
    whole_stack(out, &ancestor.created, symbolizer);
    out.byte(b'}');
}

fn lock(out: &mut Buffer<'_>, lock: &Lock<'_>, symbolizer: &Symbolizer) {
    out.bytes(b"{\"addr\":");
    address(out, lock.address);
    out.bytes(b",\"mode\":");
    out.bytes(if lock.read { b"\"r\"" } else { b"\"w\"" });
    out.bytes(b",\"stack\":");
    whole_stack(out, &lock.stack, symbolizer);
    out.byte(b'}');
}

fn sync_event(out: &mut Buffer<'_>, event: &SyncEvent<'_>, symbolizer: &Symbolizer) {
    out.bytes(b"{\"when\":");
    out.bytes(if event.after { b"\"after\"" } else { b"\"before\"" });
    out.bytes(b",\"op\":");
    string(out, event.operation.word(), false);
    if event.address != 0 {
        out.bytes(b",\"addr\":");
        address(out, event.address);
    }
    if let Some(capacity) = event.capacity {
        out.bytes(b",\"cap\":");
        out.decimal(capacity);
    }
    out.bytes(b",\"clock\":");
    out.decimal(event.clock);
    out.bytes(b",\"stack\":");
    whole_stack(out, &event.stack, symbolizer);
    out.byte(b'}');
}

fn stack_state(out: &mut Buffer<'_>, state: StackState) {
    out.bytes(if state == StackState::Full {
        b"\"full\""
    } else if state == StackState::Truncated {
        b"\"truncated\""
    } else {
        b"\"lost\""
    });
}

fn boolean(out: &mut Buffer<'_>, value: bool) {
    out.bytes(if value { b"true" } else { b"false" });
}

fn address(out: &mut Buffer<'_>, address: usize) {
    out.byte(b'"');
    out.hexadecimal(address as u64, 1);
    out.byte(b'"');
}

fn name(out: &mut Buffer<'_>, name: Name<'_>) {
    string(out, name.bytes, name.cut);
}

/// Appends `bytes` as a JSON string; what is not UTF-8 becomes U+FFFD, and `cut` adds `...`.
fn string(out: &mut Buffer<'_>, bytes: &[u8], cut: bool) {
    out.byte(b'"');
    for chunk in bytes.utf8_chunks() {
        for byte in chunk.valid().as_bytes() {
            if *byte == b'"' || *byte == b'\\' {
                out.byte(b'\\');
                out.byte(*byte);
            } else if *byte < 0x20 || *byte == 0x7f {
                let digit = byte & 0xf;
                out.bytes(b"\\u00");
                out.byte(b'0' + (byte >> 4));
                out.byte(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
            } else {
                out.byte(*byte);
            }
        }
        if !chunk.invalid().is_empty() {
            out.bytes("\u{fffd}".as_bytes());
        }
    }
    if cut {
        out.bytes(b"...");
    }
    out.byte(b'"');
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
