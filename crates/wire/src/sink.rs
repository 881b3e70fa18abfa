//! Where reports go: a standard stream, or a file that is opened when the first report comes.
//!
//! Each report is one `write(2)` to a descriptor opened for appending, so reports of parallel processes do not
//! interleave, and a second image of the same process (after `exec`) adds to the first one's file. The program may close
//! or reuse our descriptor (daemons close all they find): before each write to a file the descriptor is checked to be
//! still that file, and otherwise the file is opened again. So a report never lands in a file of the program.
//!
//! A report that cannot be written does not disturb the program: it is said once on standard error, and a text report
//! goes there instead.

use crate::buffer::Buffer;

/// The system calls that reports need. Results are as the kernel gives them: negative error numbers.
pub trait Os {
    /// `write(2)`.
    fn write(&mut self, descriptor: i32, bytes: &[u8]) -> isize;
    /// `open(2)` of a NUL-terminated path with `O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC` and mode 0666.
    fn open_append(&mut self, path: &[u8]) -> isize;
    /// Device and inode of an open descriptor, by `fstat(2)`; `None` if it is not open.
    fn identity(&mut self, descriptor: i32) -> Option<FileId>;
    /// Waits until the descriptor takes more bytes, at most so many milliseconds, by `poll(2)`.
    fn wait_writable(&mut self, descriptor: i32, milliseconds: u32);
    /// Connects to the stream socket at a NUL-terminated path, writes `bytes`, and waits for one byte of an answer; `None` if there
    /// is nobody or no answer comes within some seconds.
    fn ask(&mut self, path: &[u8], bytes: &[u8]) -> Option<u8>;
}

/// What tells one file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
}

/// Standard output's and standard error's descriptors.
const STDOUT: i32 = 1;
const STDERR: i32 = 2;

/// Longest path of a sink, without its NUL: the kernel's own bound.
pub const LONGEST_PATH: usize = 4095;

/// How long a sink that takes nothing (a full pipe in non-blocking mode) is waited for, in all for one report.
const PATIENCE_MILLISECONDS: u32 = 10_000;
const WAIT_MILLISECONDS: u32 = 100;

const EINTR: isize = -4;
const EAGAIN: isize = -11;

/// One destination of reports. All-zero memory is a sink to standard error.
#[repr(C)]
pub struct Sink {
    /// The path with its NUL, if `path_length` is not 0.
    path: [u8; LONGEST_PATH + 1],
    /// Without the NUL; 0: no file.
    path_length: usize,
    /// The open file's descriptor plus one; 0: not open.
    opened: i32,
    device: u64,
    inode: u64,
    /// Without a file: standard output instead of standard error.
    to_stdout: bool,
    /// Something could not be written, and that was said.
    said: bool,
    /// The last write to the file ended in the middle of a line.
    torn: bool,
}

impl Sink {
    /// A sink to standard error.
    #[cfg(test)]
    pub(crate) fn standard_error() -> Self {
        Sink {
            path: [0; LONGEST_PATH + 1],
            path_length: 0,
            opened: 0,
            device: 0,
            inode: 0,
            to_stdout: false,
            said: false,
            torn: false,
        }
    }

    /// Makes it a sink to standard output.
    pub fn set_stdout(&mut self) {
        self.path_length = 0;
        self.to_stdout = true;
    }

    /// Makes it a sink to the file whose path `write` appends. Returns `false`, and changes nothing, if the path is
    /// empty, has a NUL in it, or is longer than [`LONGEST_PATH`].
    pub fn set_path(&mut self, write: impl FnOnce(&mut Buffer<'_>)) -> bool {
        let mut path = Buffer::new(&mut self.path);
        write(&mut path);
        let good = !path.is_full() && !path.is_empty() && path.len() <= LONGEST_PATH && !path.as_bytes().contains(&0);
        path.byte(0);
        self.path_length = if good { path.len() - 1 } else { 0 };
        good
    }

    /// Whether it leads to a file.
    pub fn is_file(&self) -> bool {
        self.path_length > 0
    }

    /// Writes one report. A file that does not take it gets said once, and the report goes to standard error instead
    /// if `or_stderr`. Returns whether it was written, either way.
    pub fn write(&mut self, os: &mut impl Os, report: &[u8], or_stderr: bool) -> bool {
        if report.is_empty() {
            return true;
        }
        if !self.is_file() {
            let descriptor = if self.to_stdout { STDOUT } else { STDERR };
            return write_all(os, descriptor, report).is_ok();
        }
        let failure = match self.descriptor(os) {
            Ok(descriptor) => {
                if self.torn {
                    // Ends the broken line, so that the next is whole. If this fails, so will what follows.
                    self.torn = write_all(os, descriptor, b"\n").is_err();
                }
                match write_all(os, descriptor, report) {
                    Ok(()) => return true,
                    Err((error, written)) => {
                        self.torn |= written > 0;
                        error
                    }
                }
            }
            Err(error) => error,
        };
        if !self.said {
            self.said = true;
            self.say(os, failure, or_stderr);
        }
        or_stderr && write_all(os, STDERR, report).is_ok()
    }

    /// The file's descriptor, opened if it is not open or no longer ours. An error is a negative error number.
    fn descriptor(&mut self, os: &mut impl Os) -> Result<i32, isize> {
        if self.opened > 0 {
            let ours = FileId { device: self.device, inode: self.inode };
            if os.identity(self.opened - 1) == Some(ours) {
                return Ok(self.opened - 1);
            }
            // Not closed: whatever has this number now belongs to the program.
            self.opened = 0;
        }
        let path = self.path.get(..=self.path_length).unwrap_or(&[0]);
        let descriptor = loop {
            match os.open_append(path) {
                EINTR => {}
                other => break other,
            }
        };
        let descriptor = i32::try_from(descriptor).unwrap_or(-1);
        if descriptor < 0 {
            return Err(descriptor as isize);
        }
        if let Some(id) = os.identity(descriptor) {
            self.opened = descriptor + 1;
            self.device = id.device;
            self.inode = id.inode;
        }
        Ok(descriptor)
    }

    #[inline(never)]
    fn say(&self, os: &mut impl Os, error: isize, or_stderr: bool) {
        let mut memory = [0; 400];
        let mut line = Buffer::new(&mut memory);
        line.bytes(b"hb: cannot write race reports to ");
        let path = self.path.get(..self.path_length).unwrap_or(&[]);
        match path.get(..200) {
            Some(start) => {
                crate::text::printable(&mut line, start);
                line.bytes(b"...");
            }
            None => crate::text::printable(&mut line, path),
        }
        line.bytes(b": ");
        error_text(&mut line, error);
        line.bytes(if or_stderr { b"; they go to standard error\n" } else { b"; hb will not know of all races\n" });
        let _ = write_all(os, STDERR, line.as_bytes());
    }
}

/// Appends what a negative error number means, for the likely ones, and the number.
fn error_text(line: &mut Buffer<'_>, error: isize) {
    if error == -28 {
        line.bytes(b"no space left");
    } else if error == -2 {
        line.bytes(b"no such directory");
    } else if error == -13 {
        line.bytes(b"permission denied");
    } else if error == -24 {
        line.bytes(b"too many open files");
    } else {
        line.bytes(b"error");
    }
    line.bytes(b" (errno ");
    line.decimal(error.unsigned_abs() as u64);
    line.byte(b')');
}

/// Writes all of `bytes`, going on after interruptions and short writes. An error is the negative error number (0: the
/// descriptor takes nothing and says no error) and the number of bytes written before it.
pub fn write_all(os: &mut impl Os, descriptor: i32, bytes: &[u8]) -> Result<(), (isize, usize)> {
    let mut rest = bytes;
    let mut waited = 0;
    while !rest.is_empty() {
        match os.write(descriptor, rest) {
            EINTR => {}
            EAGAIN if waited < PATIENCE_MILLISECONDS => {
                os.wait_writable(descriptor, WAIT_MILLISECONDS);
                waited += WAIT_MILLISECONDS;
            }
            written => {
                let after = usize::try_from(written)
                    .ok()
                    .filter(|written| *written > 0)
                    .and_then(|written| rest.get(written..));
                match after {
                    Some(after) => rest = after,
                    None => return Err((written.min(0), bytes.len() - rest.len())),
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::{HashMap, VecDeque};

    /// Files and descriptors in memory, with results to be given out of turn.
    #[derive(Default)]
    pub(crate) struct FakeOs {
        pub(crate) files: HashMap<i32, Vec<u8>>,
        pub(crate) paths: HashMap<String, i32>,
        /// Results for the next calls of `write`: that many bytes, or an error.
        pub(crate) writes: VecDeque<isize>,
        /// Results for the next calls of `open_append` below zero.
        pub(crate) opens: VecDeque<isize>,
        pub(crate) calls: usize,
        pub(crate) waits: usize,
        closed: Vec<i32>,
        /// The answer to every question.
        pub(crate) answer: Option<u8>,
        pub(crate) asked: Vec<(Vec<u8>, Vec<u8>)>,
    }

    impl FakeOs {
        pub(crate) fn text(&self, descriptor: i32) -> String {
            String::from_utf8_lossy(self.files.get(&descriptor).map_or(&[], |f| f)).into_owned()
        }
        pub(crate) fn file(&self, path: &str) -> String {
            self.text(*self.paths.get(path).unwrap_or(&-1))
        }
    }

    impl Os for FakeOs {
        fn write(&mut self, descriptor: i32, bytes: &[u8]) -> isize {
            self.calls += 1;
            let result = self.writes.pop_front().unwrap_or(bytes.len() as isize);
            if result > 0 {
                let taken = bytes.len().min(result as usize);
                self.files.entry(descriptor).or_default().extend(&bytes[..taken]);
                return taken as isize;
            }
            result
        }
        fn open_append(&mut self, path: &[u8]) -> isize {
            if let Some(error) = self.opens.pop_front() {
                return error;
            }
            let path = path.strip_suffix(b"\0").expect("the path ends in a NUL");
            let next = 3 + self.paths.len() as i32;
            let path = String::from_utf8(path.to_vec()).unwrap();
            let descriptor = *self.paths.entry(path).or_insert(next);
            self.closed.retain(|closed| *closed != descriptor);
            descriptor as isize
        }
        fn identity(&mut self, descriptor: i32) -> Option<FileId> {
            (!self.closed.contains(&descriptor)).then_some(FileId { device: 1, inode: descriptor as u64 })
        }
        fn wait_writable(&mut self, _: i32, _: u32) {
            self.waits += 1;
        }
        fn ask(&mut self, path: &[u8], bytes: &[u8]) -> Option<u8> {
            self.asked.push((path.to_vec(), bytes.to_vec()));
            self.answer
        }
    }

    fn file(path: &str) -> Sink {
        let mut sink = Sink::standard_error();
        assert!(sink.set_path(|out| out.bytes(path.as_bytes())));
        sink
    }

    #[test]
    fn standard_streams() {
        let mut os = FakeOs::default();
        let mut sink = Sink::standard_error();
        assert!(sink.write(&mut os, b"error", true));
        sink.set_stdout();
        assert!(sink.write(&mut os, b"out", true));
        assert!(sink.write(&mut os, b"", true));
        assert_eq!((os.text(1), os.text(2), os.calls), ("out".into(), "error".into(), 2));
    }

    #[test]
    fn a_file_is_opened_late_and_once_and_written_in_one_call() {
        let mut os = FakeOs::default();
        let mut sink = file("/log.1");
        assert!(os.paths.is_empty());
        assert!(sink.write(&mut os, b"one\n", true) && sink.write(&mut os, b"two\n", true));
        assert_eq!((os.file("/log.1"), os.calls), ("one\ntwo\n".into(), 2));
    }

    #[test]
    fn interruptions_and_short_writes() {
        let mut os = FakeOs::default();
        os.writes.extend([EINTR, 2, EINTR, EAGAIN, 1]);
        os.opens.push_back(EINTR);
        assert!(file("/log").write(&mut os, b"report", true));
        assert_eq!((os.file("/log"), os.calls, os.waits), ("report".into(), 6, 1));
        assert_eq!(os.text(2), "");
    }

    #[test]
    fn a_full_disk_is_said_once_and_the_text_goes_to_standard_error() {
        let mut os = FakeOs::default();
        let mut sink = file("/log");
        // Three bytes go through, then the disk is full; the notice and the report go to standard error.
        os.writes.extend([3, -28]);
        assert!(sink.write(&mut os, b"first\n", true));
        assert_eq!(
            os.text(2),
            "hb: cannot write race reports to /log: no space left (errno 28); they go to standard error\nfirst\n"
        );
        os.writes.extend([-28, -28]);
        assert!(sink.write(&mut os, b"second\n", true));
        assert!(os.text(2).ends_with("error\nfirst\nsecond\n"));
        // Once there is room again the broken line is ended first.
        assert!(sink.write(&mut os, b"third\n", true));
        assert_eq!(os.file("/log"), "fir\nthird\n");
    }

    #[test]
    fn records_are_not_repeated_on_standard_error() {
        let mut os = FakeOs::default();
        let mut sink = file("/gone/x");
        os.opens.extend([-2, -2]);
        assert!(!sink.write(&mut os, b"{}\n", false));
        assert!(!sink.write(&mut os, b"{}\n", false));
        assert_eq!(
            os.text(2),
            "hb: cannot write race reports to /gone/x: no such directory (errno 2); hb will not know of all races\n"
        );
    }

    #[test]
    fn nothing_works_and_it_ends() {
        let mut os = FakeOs::default();
        os.writes.extend([-9; 10]);
        assert!(!Sink::standard_error().write(&mut os, b"x", true));
        assert!(!file("/log").write(&mut os, b"x", true));
        os.writes.clear();
        os.writes.extend([0; 3]);
        assert!(!file("/log").write(&mut os, b"x", true));
        // A reader that never reads is given up.
        os.writes.clear();
        os.writes.extend([EAGAIN; 1000]);
        assert!(!Sink::standard_error().write(&mut os, b"x", true));
        assert_eq!(os.waits, 100);
    }

    #[test]
    fn a_descriptor_that_the_program_closed_is_not_written_to() {
        let mut os = FakeOs::default();
        let mut sink = file("/log");
        assert!(sink.write(&mut os, b"one\n", true));
        os.closed.push(3);
        os.paths.insert("/theirs".into(), 99);
        os.paths.insert("/log".into(), 7);
        assert!(sink.write(&mut os, b"two\n", true));
        assert_eq!((os.text(3), os.text(7)), ("one\n".into(), "two\n".into()));
    }

    #[test]
    fn paths() {
        let mut sink = Sink::standard_error();
        assert!(!sink.set_path(|_| {}));
        assert!(!sink.set_path(|out| out.bytes(b"a\0b")));
        assert!(!sink.set_path(|out| out.bytes(&[b'x'; LONGEST_PATH + 1])));
        assert!(!sink.set_path(|out| out.bytes(&[b'x'; LONGEST_PATH + 2])));
        assert!(!sink.is_file());
        assert!(sink.set_path(|out| out.bytes(&[b'x'; LONGEST_PATH])));
        assert!(sink.is_file());
        let mut os = FakeOs::default();
        os.opens.push_back(-36);
        assert!(sink.write(&mut os, b"text", true));
        assert!(os.text(2).contains("xxx...: error (errno 36); they"));
    }

    #[test]
    fn zeroed_memory_is_a_sink_to_standard_error() {
        let fresh = Sink::standard_error();
        assert!(fresh.path_length == 0 && fresh.opened == 0);
        assert!(!fresh.to_stdout && !fresh.said && !fresh.torn && fresh.path.iter().all(|b| *b == 0));
    }
}
