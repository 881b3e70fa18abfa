//! A stand-in for Go's callback and a race to render, for the tests of this crate.

use std::ffi::{CStr, c_void};
use std::sync::LazyLock;

use crate::data::*;
use crate::symbolize::{CodeRequest, DataRequest, Symbolizer};

/// Return addresses that the stand-in knows. It is asked for the byte before each.
pub const STORE: usize = 0x1001;
pub const RACER: usize = 0x2001;
pub const GOEXIT: usize = 0x3001;
/// `main.inlined` inlined into `main.main`.
pub const MAIN: usize = 0x4001;
pub const RUNTIME_MAIN: usize = 0x5001;
pub const HOSTILE: usize = 0x6001;
pub const HUGE: usize = 0x7001;
/// Inlined for ever.
pub const ENDLESS: usize = 0x8001;
/// Not found, with null names.
pub const UNKNOWN: usize = 0x9001;
/// `main.main` alone.
pub const MAIN_ALONE: usize = 0xa001;

static HUGE_NAME: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut name = vec![b'x'; 100_000];
    name.push(0);
    name
});

#[expect(unsafe_code, reason = "has the shape of Go's callback")]
unsafe extern "C" fn callback(command: usize, request: *mut c_void) {
    if command == 2 {
        // SAFETY: command 2 comes with this request.
        let request = unsafe { &mut *request.cast::<DataRequest>() };
        if request.address >= 0xc000000000 {
            request.heap = 1;
            request.start = request.address & !0xf;
            request.size = 16;
            request.found = 1;
        }
        return;
    }
    assert_eq!(command, 1);
    // SAFETY: command 1 comes with this request.
    let request = unsafe { &mut *request.cast::<CodeRequest>() };
    let mut answer = |function: &'static CStr, file: &'static CStr, line, offset| {
        request.function = function.as_ptr().cast();
        request.file = file.as_ptr().cast();
        request.line = line;
        request.offset = offset;
        request.found = 1;
    };
    match request.pc {
        0x1000 => answer(c"main.store", c"/src/main.go", 14, 0x1d),
        0x2000 => answer(c"main.racer", c"/src/main.go", 23, 0x2a),
        0x3000 => answer(c"runtime.goexit", c"/go/asm.s", 1, 1),
        0x4000 => {
            answer(c"main.inlined", c"/src/main.go", 31, 0x40);
            request.pc = 0xa000;
        }
        0xa000 => answer(c"main.main", c"/src/main.go", 10, 0x40),
        0x5000 => answer(c"runtime.main", c"/go/proc.go", 283, 0x28),
        0x6000 => answer(c"evil\x1b[31m\"\\\xc2\x9b\xff\xc3\xa9\xc2", c"/a\nb\tc.go", 0, 0),
        0x7000 => {
            answer(c"", c"/src/main.go", 1, 1);
            request.function = HUGE_NAME.as_ptr();
        }
        0x8000..0x9000 => {
            answer(c"main.endless", c"/src/main.go", 1, 1);
            request.pc = 0x8000 + (request.pc + 1) % 0x1000;
        }
        _ => {}
    }
}

#[expect(unsafe_code, reason = "wraps the stand-in")]
pub fn symbolizer() -> Symbolizer {
    // SAFETY: the stand-in may be called anywhere; its strings are static.
    unsafe { Symbolizer::new(callback) }
}

fn full(pcs: &[usize]) -> Stack<'_> {
    Stack { pcs, state: StackState::Full }
}

/// A write by goroutine 7 against an earlier read by main.
pub fn race() -> Race<'static> {
    let created = full(&[MAIN_ALONE, RUNTIME_MAIN]);
    Race {
        current: Access {
            write: true,
            atomic: false,
            address: 0xc0000140a8,
            size: 8,
            bytes: 0,
            goroutine: Goroutine { goid: 7, is_main: false, finished: false, created, test: b"", ancestry: &[] },
            stack: full(&[STORE, RACER, GOEXIT]),
            sync: &[],
            locks: &[],
        },
        previous: Access {
            write: false,
            atomic: false,
            address: 0x5ce310,
            size: 0,
            bytes: 0,
            goroutine: Goroutine {
                goid: 1,
                is_main: true,
                finished: false,
                created: Stack::LOST,
                test: b"",
                ancestry: &[],
            },
            stack: full(&[MAIN, RUNTIME_MAIN]),
            sync: &[],
            locks: &[],
        },
        object: None,
        common: None,
    }
}
