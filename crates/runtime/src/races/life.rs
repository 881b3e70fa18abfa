//! What is read and said when the process begins, and when it ends.

use super::calls::Calls;
use super::desk::{Desk, with_desk};
use crate::engine::{REPORT_MEMORY, State};
use crate::sys;
use core::sync::atomic::Ordering::Relaxed;
use hb_wire::sink::LONGEST_PATH;
use hb_wire::{Process, Settings, environment};

/// The flag of a test binary that names the list of what its result depends on.
const TEST_LOG: &[u8] = b"-test.testlogfile=";

/// Sets the reporter up from the environment; also whether synchronisation is to be noted: as
/// `HB_EXPLAIN` says (0 or 1), otherwise where findings are written or hb listens, for Go's text
/// has no place for it.
pub fn begin(state: &mut State, argv: *const *const u8) -> (Settings<'static>, bool) {
    // SAFETY: nobody else runs yet.
    let desk = unsafe { &mut *(REPORT_MEMORY as *mut Desk) };
    let (variables, scratch) = desk.scratch.split_at_mut(1 << 20);
    let (words, scratch) = scratch.split_at_mut(64 << 10);
    let mut executable = [0; 1024];
    let executable = sys::executable(&mut executable);
    let mut length = 0;
    if argv.is_null() {
        length = sys::read_file(b"/proc/self/environ\0", variables);
    }
    let mut count = 0;
    // SAFETY: `argv` is the argument vector, which ends in a null pointer.
    while !argv.is_null() && !unsafe { *argv.add(count) }.is_null() {
        count += 1;
    }
    let block: &[u8] = variables;
    let block = block.get(..length).unwrap_or(&[]);
    let value = |name: &[u8]| {
        if argv.is_null() {
            environment::in_block(block, name).unwrap_or(&[])
        } else {
            // SAFETY: `argv` is the argument vector of `count` strings that the kernel made; Go
            // does not change it.
            unsafe { environment::after_arguments(argv, count, name, 64 << 10) }.unwrap_or(&[])
        }
    };
    let test_log = if argv.is_null() {
        let length = sys::read_file(b"/proc/self/cmdline\0", words);
        environment::argument_in_block(words.get(..length).unwrap_or(&[]), TEST_LOG)
    } else {
        // SAFETY: as above.
        unsafe { environment::argument(argv, count, TEST_LOG, LONGEST_PATH) }
    };
    let process = Process {
        test_log: test_log.unwrap_or(&[]),
        gorace: value(b"GORACE"),
        findings: value(b"HB_FINDINGS"),
        ask: value(b"HB_ASK"),
        pid: sys::getpid() as u32,
        parent: sys::getppid() as u32,
        start: sys::wall_nanoseconds(),
        executable,
        go_version: b"",
    };
    let settings = state.reporter.begin(&mut Calls, &process, scratch);
    // The strings have been copied; what is returned is for its numbers.
    let explain = match value(b"HB_EXPLAIN") {
        [b'0'] => false,
        [b'1'] => true,
        _ => !process.findings.is_empty() || !process.ask.is_empty(),
    };
    (settings_numbers(&settings), explain)
}

fn settings_numbers(settings: &Settings<'_>) -> Settings<'static> {
    Settings {
        log_path: None,
        exit_code: settings.exit_code,
        strip_path_prefix: b"",
        history_size: settings.history_size,
        halt_on_error: settings.halt_on_error,
        atexit_sleep_ms: settings.atexit_sleep_ms,
        suppress_equal_stacks: settings.suppress_equal_stacks,
        suppress_equal_addresses: settings.suppress_equal_addresses,
    }
}

/// Says what is to be said at the end; the status to exit with if there were races. Limits that
/// were reached are told with races, and in the findings; without races only that of memory, for
/// nobody should take such a run for a clean one.
pub fn finish() -> Option<i32> {
    with_desk(|state, reporter, desk| {
        let races = state.races.load(Relaxed) != 0;
        each_limit(state, |name, count, meaning| {
            if races || name == MEMORY {
                reporter.limit(&mut Calls, name, count, meaning, &mut desk.scratch);
            } else {
                reporter.note_limit(&mut Calls, name, count, &mut desk.scratch);
            }
        });
        reporter.finish(&mut Calls, &mut desk.scratch)
    })
}

/// The process exits with `status` by its own choice, of which Go's text says nothing: only the
/// findings file is closed.
pub fn leave(status: i32) {
    with_desk(|state, reporter, desk| {
        each_limit(state, |name, count, _| reporter.note_limit(&mut Calls, name, count, &mut desk.scratch));
        reporter.leave(&mut Calls, status, &mut desk.scratch);
    });
}

/// The name of the limit that is not one of hb's own.
const MEMORY: &[u8] = b"memory";

/// Hands the limits that were reached to `say`: a word, how often, and what it means.
fn each_limit(state: &State, mut say: impl FnMut(&[u8], u64, &[u8])) {
    let limits = &state.detector.limits;
    let mut say = |name: &[u8], count: u64, meaning: &[u8]| {
        if count > 0 {
            say(name, count, meaning);
        }
    };
    let mut text = [0; 128];
    let mut meaning = hb_wire::Buffer::new(&mut text);
    meaning.bytes(b"of more than ");
    meaning.decimal(hb_detector::limits::ACCESSES_PER_WORD as u64);
    meaning.bytes(b" unordered accesses to one word some were forgotten; a race with those may be missed");
    say(b"accesses_per_word", limits.accesses_forgotten.load(Relaxed), meaning.as_bytes());
    say(
        b"lanes",
        limits.lanes_forgotten.load(Relaxed),
        b"more than a million goroutines ended that nobody waited for; a race between two of them may be missed",
    );
    say(
        b"go_statements",
        limits.depot_full.load(Relaxed),
        b"of some goroutines it is not known where they were created",
    );
    say(
        MEMORY,
        limits.out_of_memory.load(Relaxed) + state.detector.clocks_exhausted() as u64,
        b"there was no memory to record something; races may be missed",
    );
}
