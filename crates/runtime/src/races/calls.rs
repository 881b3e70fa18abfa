//! What reports need of the operating system.

use crate::sys;
use hb_wire::{FileId, Os};

/// How long hb may take to say what a race amounts to.
const ANSWER_MILLISECONDS: u32 = 10_000;

/// The system calls of reports.
pub struct Calls;

impl Os for Calls {
    fn write(&mut self, descriptor: i32, bytes: &[u8]) -> isize {
        sys::write(descriptor, bytes)
    }
    fn open_append(&mut self, path: &[u8]) -> isize {
        let flags = sys::O_WRONLY | sys::O_CREAT | sys::O_APPEND | sys::O_CLOEXEC;
        // SAFETY: the path ends in NUL, says the trait.
        unsafe { sys::open(path.as_ptr(), flags, 0o666) }
    }
    fn identity(&mut self, descriptor: i32) -> Option<FileId> {
        sys::identity(descriptor).map(|(device, inode)| FileId { device, inode })
    }
    fn wait_writable(&mut self, descriptor: i32, milliseconds: u32) {
        sys::wait_writable(descriptor, milliseconds);
    }
    fn ask(&mut self, path: &[u8], bytes: &[u8]) -> Option<u8> {
        sys::ask(path, bytes, ANSWER_MILLISECONDS)
    }
}
