//! Go's race text: byte for byte what Go's race detector prints, since scripts and editors read it.
//!
//! Deviations, all of them lines in brackets where the stock detector prints the first of these or nothing:
//! - `[failed to restore the stack]`: a stack of which nothing is known (as stock);
//! - `[outer frames not kept]`: after a stack whose outer frames the history limit took;
//! - `[outer frames cut: the report is too long]`: after a stack that did not fit into the report's memory.
//!
//! Control characters in names are printed as `?`, so that a name cannot drive a terminal (stock prints them as they are).

use crate::buffer::Buffer;
use crate::data::{Access, Goroutine, Race, Stack, StackState};
use crate::symbolize::{Frame, Name, Symbolizer};

/// Kept free for what stands around the stacks: headings, notes and lines, well below this for four stacks.
const RESERVE: usize = 1024;

/// Least memory with which a report holds at least the headings; see [`race`].
pub const LEAST_MEMORY: usize = 2 * RESERVE;

const LINE: &[u8] = b"==================\n";

/// Appends the text of a race to an empty buffer.
///
/// Each stack may fill its share of the memory. A report that does not fit even so (memory below [`LEAST_MEMORY`]) is
/// replaced by as much of a short notice as does fit.
pub fn race(out: &mut Buffer<'_>, race: &Race<'_>, symbolizer: &Symbolizer, strip: &[u8]) {
    let start = out.mark();
    let goroutines = [race.current.goroutine, race.previous.goroutine];
    let same = race.current.goroutine.goid == race.previous.goroutine.goid;
    let mut writer = Writer {
        out,
        symbolizer,
        strip,
        stacks_left: 2 + goroutines.iter().filter(|g| !g.is_main).count() - usize::from(same),
    };
    writer.out.bytes(LINE);
    writer.out.bytes(b"WARNING: DATA RACE\n");
    writer.access(&race.current, true);
    writer.out.byte(b'\n');
    writer.access(&race.previous, false);
    writer.created(&race.current.goroutine);
    if !same {
        writer.created(&race.previous.goroutine);
    }
    writer.out.bytes(LINE);
    if out.is_full() {
        out.rollback(start);
        out.bytes(LINE);
        out.bytes(b"WARNING: DATA RACE\n");
        out.bytes(b"  [no memory for the report]\n");
        out.bytes(LINE);
    }
}

/// Appends the line that ends a process's reports; nothing if there were none.
pub fn found(out: &mut Buffer<'_>, races: u64) {
    if races > 0 {
        out.bytes(b"Found ");
        out.decimal(races);
        out.bytes(b" data race(s)\n");
    }
}

/// Appends the line that says that no further races are printed.
pub fn too_many(out: &mut Buffer<'_>, printed: u64) {
    out.bytes(b"hb: ");
    out.decimal(printed);
    out.bytes(b" data races were reported; further ones are only counted\n");
}

/// Appends the line that says that one of the detector's limits was reached `count` times. `meaning` is one clause.
pub fn limit(out: &mut Buffer<'_>, name: &[u8], count: u64, meaning: &[u8]) {
    out.bytes(b"hb: limit ");
    printable(out, name);
    out.bytes(b" reached ");
    out.decimal(count);
    out.bytes(if count == 1 { b" time: " } else { b" times: " });
    printable(out, meaning);
    out.byte(b'\n');
}

/// Appends `bytes` with control characters (those of ASCII, and those of Latin 1 in UTF-8) replaced by `?`.
pub fn printable(out: &mut Buffer<'_>, bytes: &[u8]) {
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if *byte < 0x20 || *byte == 0x7f {
            out.byte(b'?');
        } else if *byte == 0xc2 && rest.as_slice().first().is_some_and(|next| (0x80..0xa0).contains(next)) {
            rest.next();
            out.byte(b'?');
        } else {
            out.byte(*byte);
        }
    }
}

struct Writer<'w, 'm> {
    out: &'w mut Buffer<'m>,
    symbolizer: &'w Symbolizer,
    strip: &'w [u8],
    /// Stacks still to come, among which the memory left is shared.
    stacks_left: usize,
}

impl Writer<'_, '_> {
    fn access(&mut self, access: &Access<'_>, first: bool) {
        if !first {
            self.out.bytes(b"Previous ");
        }
        if access.write {
            self.out.byte(if first { b'W' } else { b'w' });
            self.out.bytes(b"rite at ");
        } else {
            self.out.byte(if first { b'R' } else { b'r' });
            self.out.bytes(b"ead at ");
        }
        self.out.hexadecimal(access.address as u64, 12);
        if access.goroutine.is_main {
            self.out.bytes(b" by main goroutine:\n");
        } else {
            self.out.bytes(b" by goroutine ");
            self.out.decimal(access.goroutine.goid);
            self.out.bytes(b":\n");
        }
        self.stack(&access.stack);
    }

    fn created(&mut self, goroutine: &Goroutine<'_>) {
        if goroutine.is_main {
            return;
        }
        self.out.bytes(b"\nGoroutine ");
        self.out.decimal(goroutine.goid);
        if goroutine.finished {
            self.out.bytes(b" (finished) created at:\n");
        } else {
            self.out.bytes(b" (running) created at:\n");
        }
        self.stack(&goroutine.created);
    }

    fn stack(&mut self, stack: &Stack<'_>) {
        let capacity = self.out.capacity();
        let room = capacity.saturating_sub(RESERVE).saturating_sub(self.out.len());
        let share = room.checked_div(self.stacks_left).unwrap_or(room);
        self.stacks_left = self.stacks_left.saturating_sub(1);
        let start = self.out.mark();
        self.out.set_limit(self.out.len() + share);
        let (out, strip) = (&mut *self.out, self.strip);
        let mut cut = false;
        self.symbolizer.frames(stack, |it| {
            let mark = out.mark();
            frame(out, it, strip);
            if out.is_full() {
                out.rollback(mark);
                cut = true;
            }
            !cut
        });
        out.set_limit(capacity);
        if cut {
            out.bytes(b"  [outer frames cut: the report is too long]\n");
        } else if out.mark() == start {
            out.bytes(b"  [failed to restore the stack]\n");
        } else if stack.state != StackState::Full {
            out.bytes(b"  [outer frames not kept]\n");
        }
    }
}

fn frame(out: &mut Buffer<'_>, frame: &Frame, strip: &[u8]) {
    out.bytes(b"  ");
    name(out, frame.function);
    out.bytes(b"()\n      ");
    let file = Name { bytes: stripped(frame.file.bytes, strip), cut: frame.file.cut };
    name(out, file);
    out.byte(b':');
    out.decimal(frame.line as u64);
    out.bytes(b" +");
    out.hexadecimal(frame.offset as u64, 1);
    out.byte(b'\n');
}

fn name(out: &mut Buffer<'_>, name: Name<'_>) {
    printable(out, name.bytes);
    if name.cut {
        out.bytes(b"...");
    }
}

/// `path` from after the first occurrence of `prefix` (anywhere in it, as the stock detector does), without `./`.
fn stripped<'a>(path: &'a [u8], prefix: &[u8]) -> &'a [u8] {
    let mut found = path;
    let mut at = path;
    loop {
        if let Some(rest) = at.strip_prefix(prefix) {
            found = rest;
            break;
        }
        match at.split_first() {
            Some((_, next)) => at = next,
            None => break,
        }
    }
    found.strip_prefix(b"./").unwrap_or(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    fn rendered(race_: &Race<'_>, strip: &str, memory: usize) -> String {
        let mut memory = vec![0; memory];
        let mut out = Buffer::new(&mut memory);
        race(&mut out, race_, &fake::symbolizer(), strip.as_bytes());
        String::from_utf8(out.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn as_stock_prints_it() {
        // The form, spaces included, was taken down from the stock detector's output for the same shape of program.
        assert_eq!(
            rendered(&fake::race(), "", 1 << 16),
            "\
==================
WARNING: DATA RACE
Write at 0x00c0000140a8 by goroutine 7:
  main.store()
      /src/main.go:14 +0x1d
  main.racer()
      /src/main.go:23 +0x2a

Previous read at 0x0000005ce310 by main goroutine:
  main.inlined()
      /src/main.go:31 +0x40
  main.main()
      /src/main.go:10 +0x40

Goroutine 7 (running) created at:
  main.main()
      /src/main.go:10 +0x40
==================
"
        );
    }

    #[test]
    fn strip_path_prefix() {
        for (path, prefix, expected) in [
            ("/a/b/main.go", "", "/a/b/main.go"),
            ("/a/b/main.go", "/a/b/", "main.go"),
            ("/a/b/main.go", "b/", "main.go"),
            ("/a/b/main.go", "/main.", "go"),
            ("/a/b/main.go", "/c/", "/a/b/main.go"),
            ("/a/./main.go", "/a/", "main.go"),
            ("./main.go", "", "main.go"),
            ("", "x", ""),
            ("x", "x", ""),
        ] {
            let found = stripped(path.as_bytes(), prefix.as_bytes());
            assert_eq!(std::str::from_utf8(found).unwrap(), expected, "{path} {prefix}");
        }
        assert!(rendered(&fake::race(), "/main.", 1 << 16).contains("\n      go:14 +0x1d\n"));
    }

    #[test]
    fn lost_truncated_finished() {
        let mut it = fake::race();
        it.previous.stack = Stack::LOST;
        it.current.stack.state = StackState::Truncated;
        it.current.goroutine.finished = true;
        it.current.goroutine.created = Stack::LOST;
        let text = rendered(&it, "", 1 << 16);
        // The start of a truncated stack is not known to be the runtime's, so nothing is left out.
        assert!(text.contains("+0x2a\n  runtime.goexit()\n"), "{text}");
        assert!(text.contains("\n  [outer frames not kept]\n\nPrevious"), "{text}");
        assert!(
            text.ends_with(
                "by main goroutine:\n  [failed to restore the stack]\n\n\
                 Goroutine 7 (finished) created at:\n  [failed to restore the stack]\n\
                 ==================\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_single_runtime_frame_stays() {
        let mut it = fake::race();
        let pcs = [fake::GOEXIT];
        it.current.goroutine.created.pcs = &pcs;
        assert!(rendered(&it, "", 1 << 16).contains("created at:\n  runtime.goexit()\n"));
    }

    #[test]
    fn long_stacks_are_cut_between_frames_and_leave_room_for_the_others() {
        let pcs = vec![fake::STORE; 10_000];
        let mut it = fake::race();
        it.current.stack.pcs = &pcs;
        let text = rendered(&it, "", 1 << 14);
        assert!(text.len() <= 1 << 14);
        assert!(text.contains("+0x1d\n  [outer frames cut: the report is too long]\n\nPrevious"), "{text}");
        assert!(text.contains("  main.main()\n      /src/main.go:10 +0x40\n\nGoroutine 7"), "{text}");
        assert!(text.ends_with("  main.main()\n      /src/main.go:10 +0x40\n==================\n"));
        let whole = rendered(&it, "", 4 << 20);
        assert_eq!(whole.matches("main.store()").count(), 10_000);
    }

    #[test]
    fn any_size_of_memory_gives_whole_lines() {
        let pcs = vec![fake::HUGE; 3];
        let mut it = fake::race();
        it.current.stack.pcs = &pcs;
        for memory in 0..6000 {
            let text = rendered(&it, "", memory);
            assert!(text.is_empty() || text.ends_with('\n'), "{memory}: {text}");
            if memory >= LEAST_MEMORY {
                assert!(text.contains("Goroutine 7 (running) created at:\n"), "{memory}");
            }
        }
    }

    #[test]
    fn names_cannot_drive_a_terminal() {
        let mut it = fake::race();
        let pcs = [fake::HOSTILE];
        it.current.stack.pcs = &pcs;
        let mut memory = vec![0; 1 << 14];
        let mut out = Buffer::new(&mut memory);
        race(&mut out, &it, &fake::symbolizer(), b"");
        let text = String::from_utf8_lossy(out.as_bytes());
        assert!(text.contains("  evil?[31m\"\\?\u{fffd}é\u{fffd}()\n      /a?b?c.go:0 +"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn names_too_long_are_marked() {
        let mut it = fake::race();
        let pcs = [fake::HUGE];
        it.current.stack.pcs = &pcs;
        let text = rendered(&it, "", 1 << 16);
        assert!(text.contains(&format!("  {}...()\n", "x".repeat(4096))));
    }

    #[test]
    fn end_lines() {
        let mut memory = [0; 200];
        let mut out = Buffer::new(&mut memory);
        found(&mut out, 0);
        assert!(out.is_empty());
        found(&mut out, 2);
        limit(&mut out, b"history", 1, b"some stacks were lost");
        limit(&mut out, b"a\nb", 12, b"c");
        assert_eq!(
            std::str::from_utf8(out.as_bytes()).unwrap(),
            "Found 2 data race(s)\nhb: limit history reached 1 time: some stacks were lost\n\
             hb: limit a?b reached 12 times: c\n"
        );
    }
}
