//! From program counters to source lines, through the callback that Go hands to the runtime.
//!
//! Go's `racecallback` answers command 1 for one program counter with a function, file, line and offset. Where the
//! counter lies in inlined code it answers for the innermost function and moves the counter in the request to the
//! function around it, to be asked again; an answer that leaves it where it was is the outermost. Command 2 answers which
//! heap block an address lies in. So no debug information is read.

use core::ffi::c_void;
use core::ptr;

use crate::data::{Content, Stack, StackState};
use crate::seen;

/// The callback that `__tsan_init` receives: a command, and a request that it fills in.
pub type GoCallback = unsafe extern "C" fn(command: usize, request: *mut c_void);

/// Longest name or path taken from Go, in bytes; the rest of a longer one is replaced by `...` in reports.
pub const LONGEST_NAME: usize = 4096;

/// Deepest inlining followed for one program counter: a bound for the case that Go's answer never comes to rest.
const DEEPEST_INLINING: usize = 1000;

const SYMBOLIZE_CODE: usize = 1;
const SYMBOLIZE_DATA: usize = 2;
/// Answered only where the files of Go are edited so: see `go/runtime_blocks.go`.
const DESCRIBE_TYPE: usize = 0x6862;

/// Go's `symbolizeCodeContext`.
#[repr(C)]
pub(crate) struct CodeRequest {
    pub(crate) pc: usize,
    pub(crate) function: *const u8,
    pub(crate) file: *const u8,
    pub(crate) line: usize,
    pub(crate) offset: usize,
    pub(crate) found: usize,
}

/// Go's `symbolizeDataContext`.
#[repr(C)]
pub(crate) struct DataRequest {
    pub(crate) address: usize,
    pub(crate) heap: usize,
    pub(crate) start: usize,
    pub(crate) size: usize,
    name: *const u8,
    file: *const u8,
    line: usize,
    pub(crate) found: usize,
}

/// `hbtype` of `go/runtime_blocks.go`.
#[repr(C)]
pub(crate) struct TypeRequest {
    pub(crate) type_: usize,
    pub(crate) size: usize,
    pub(crate) offset: usize,
    pub(crate) text: *mut u8,
    pub(crate) room: usize,
    pub(crate) used: usize,
}

/// A name from Go's tables: bytes of any kind, hopefully UTF-8.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    /// At most [`LONGEST_NAME`] bytes.
    pub bytes: &'a [u8],
    /// Whether the name is longer.
    pub cut: bool,
}

/// One line of a stack.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Full name, without parentheses.
    pub function: Name<'static>,
    /// Path as compiled in.
    pub file: Name<'static>,
    /// Line; 0 where it is not known.
    pub line: usize,
    /// Offset of the program counter in the physical function.
    pub offset: usize,
    /// The physical frame's program counter, as it stands in the stack.
    pub pc: usize,
    /// Whether the function was inlined into the next frame's.
    pub inlined: bool,
}

/// Go's callback, wrapped.
#[derive(Clone, Copy)]
pub struct Symbolizer {
    callback: GoCallback,
}

impl Symbolizer {
    /// Wraps the callback.
    ///
    /// # Safety
    /// Wherever the result's methods are called, `callback` can be called with commands 1 and 2 and Go's requests, and
    /// the strings with which it answers are NUL-terminated and never change or go away (Go takes them from its
    /// function table).
    #[expect(unsafe_code, reason = "the promise that the methods rely on")]
    pub const unsafe fn new(callback: GoCallback) -> Self {
        Symbolizer { callback }
    }

    /// Calls `visit` for each frame of `stack`, innermost first, until it returns `false`.
    ///
    /// The outermost frame of a full stack, the one of the Go runtime that called the goroutine's function, is left out
    /// if there are others, as Go's race detector does.
    pub fn frames(&self, stack: &Stack<'_>, mut visit: impl FnMut(&Frame) -> bool) {
        let mut held: Option<Frame> = None;
        let mut seen = 0usize;
        for pc in stack.pcs {
            let go_on = self.frames_of_pc(*pc, &mut |frame| {
                seen += 1;
                match held.replace(*frame) {
                    Some(before) => visit(&before),
                    None => true,
                }
            });
            if !go_on {
                return;
            }
        }
        if let Some(outermost) = held {
            let is_start =
                stack.state == StackState::Full && seen > 1 && outermost.function.bytes.starts_with(b"runtime.");
            if !is_start {
                visit(&outermost);
            }
        }
    }

    /// Calls `visit` for the frames of one return address, inlined ones first; returns `false` as soon as `visit` does.
    #[expect(unsafe_code, reason = "calls Go")]
    fn frames_of_pc(&self, pc: usize, visit: &mut impl FnMut(&Frame) -> bool) -> bool {
        // The last byte of the call instruction that the address returns from.
        let mut at = pc.saturating_sub(1);
        for _ in 0..DEEPEST_INLINING {
            let mut request =
                CodeRequest { pc: at, function: ptr::null(), file: ptr::null(), line: 0, offset: 0, found: 0 };
            // SAFETY: command 1 with its request may be called here, by the promise of `new`.
            unsafe { (self.callback)(SYMBOLIZE_CODE, ptr::from_mut(&mut request).cast()) };
            let inlined = request.found != 0 && request.pc != at;
            let frame = Frame {
                function: Self::name(request.function, b"??"),
                file: Self::name(request.file, b"-"),
                line: request.line,
                offset: request.offset,
                pc,
                inlined,
            };
            if !visit(&frame) {
                return false;
            }
            if !inlined {
                break;
            }
            at = request.pc;
        }
        true
    }

    /// A number for the source line of a return address, inlined calls included: the same for two program counters of one line.
    pub fn line_key(&self, pc: usize) -> u64 {
        let mut key = 0;
        self.frames_of_pc(pc, &mut |frame| {
            key = seen::hash_bytes(seen::hash_bytes(key, frame.function.bytes), frame.file.bytes) ^ frame.line as u64;
            true
        });
        seen::hash_bytes(key, &[])
    }

    /// The heap block that `address` lies in, as its first byte and its size.
    #[expect(unsafe_code, reason = "calls Go")]
    pub fn heap_block(&self, address: usize) -> Option<(usize, usize)> {
        let mut request = DataRequest {
            address,
            heap: 0,
            start: 0,
            size: 0,
            name: ptr::null(),
            file: ptr::null(),
            line: 0,
            found: 0,
        };
        // SAFETY: command 2 with its request may be called here, by the promise of `new`.
        unsafe { (self.callback)(SYMBOLIZE_DATA, ptr::from_mut(&mut request).cast()) };
        (request.found != 0 && request.heap != 0).then_some((request.start, request.size))
    }

    /// What lies `offset` bytes behind the start of a block of `size` bytes that was allocated for values of the type at `type_`; the names are
    /// written to `text`. `None` if they do not fit.
    ///
    /// # Safety
    /// The callback answers the command for types, and `type_` is the address of one of Go's types.
    #[expect(unsafe_code, reason = "calls Go")]
    pub unsafe fn content<'a>(
        &self,
        type_: usize,
        size: usize,
        offset: usize,
        text: &'a mut [u8],
    ) -> Option<Content<'a>> {
        let mut request = TypeRequest { type_, size, offset, text: text.as_mut_ptr(), room: text.len(), used: 0 };
        // SAFETY: by contract.
        unsafe { (self.callback)(DESCRIBE_TYPE, ptr::from_mut(&mut request).cast()) };
        let text: &[u8] = text;
        let mut names = text.get(..request.used)?.split(|byte| *byte == 0);
        let [Some(type_name), Some(path), Some(part), Some(part_kind), Some(end)] =
            core::array::from_fn(|_| names.next())
        else {
            return None;
        };
        let elements = request.size != 0 && size >= 2 * request.size;
        end.is_empty().then_some(Content { type_name, elements, path, part, part_kind, part_offset: request.offset })
    }

    #[expect(unsafe_code, reason = "reads a string of Go's tables")]
    fn name(string: *const u8, otherwise: &'static [u8]) -> Name<'static> {
        if string.is_null() {
            return Name { bytes: otherwise, cut: false };
        }
        // SAFETY: Go's answers are NUL-terminated and stay, by the promise of `new`.
        let (bytes, cut) = unsafe { c_string(string, LONGEST_NAME) };
        Name { bytes, cut }
    }
}

/// The bytes of a NUL-terminated string, at most `longest`, and whether there are more.
///
/// # Safety
/// `string` is readable up to its NUL or for `longest + 1` bytes, and does not change while `'a` lasts.
#[expect(unsafe_code, reason = "reads memory that only the caller knows")]
pub(crate) unsafe fn c_string<'a>(string: *const u8, longest: usize) -> (&'a [u8], bool) {
    let mut length = 0;
    // SAFETY: every byte before this one was not the NUL, and `length <= longest`.
    while unsafe { *string.add(length) } != 0 {
        if length == longest {
            // SAFETY: `length` bytes were just read.
            return (unsafe { core::slice::from_raw_parts(string, length) }, true);
        }
        length += 1;
    }
    // SAFETY: `length` bytes were just read.
    (unsafe { core::slice::from_raw_parts(string, length) }, false)
}
