//! Every exit status that hb itself can end with.
//!
//! Whatever the go command, a test binary or a program under test ends with is handed through unchanged (0, 1, 2,
//! and 66, which the race runtime uses). hb's own errors have numbers of their own, so that a script can tell
//! "a race was found" from "hb could not start". `hb --help` prints this table.

/// hb's own command line was wrong: an unknown hb flag or command, or a go flag that contradicts race detection
/// (`-msan`, `-asan`, `-race=false`, `-compiler=gccgo`).
pub const USAGE: u8 = 30;
/// There is no go command: none on `PATH`, or `HB_GO` names something that cannot be run.
pub const NO_GO: u8 = 31;
/// The go command found is older than the oldest version whose race ABI hb speaks.
pub const GO_TOO_OLD: u8 = 32;
/// The build is for an operating system or architecture that hb has no runtime for.
pub const UNSUPPORTED_PLATFORM: u8 = 33;
/// The toolchain's own files are missing or damaged, so that hb cannot be put in its place safely.
pub const TOOLCHAIN: u8 = 34;
/// hb's cache directory cannot be used: not writable, no space left, or nowhere to put it.
pub const CACHE: u8 = 35;
/// The go command was found but could not be started or waited for.
pub const CANNOT_START: u8 = 36;
/// A report or a baseline could not be read or written. After a run, only when that itself ended well.
pub const REPORT: u8 = 37;
/// `hb outcomes`: the program has a race.
pub const RACES: u8 = 40;
/// `hb outcomes`: the search ended before it had seen everything.
pub const OUT_OF_BUDGET: u8 = 41;
/// `hb outcomes`: the program uses something that cannot be explored; the line is said.
pub const NOT_SUPPORTED: u8 = 42;
/// `hb outcomes`: the program cannot be read: a syntax error, a type error, no file.
pub const NOT_A_PROGRAM: u8 = 43;
/// `hb outcomes --expect`: the outcomes are others.
pub const UNEXPECTED: u8 = 44;
/// `hb outcomes --scale`: complete and without a race, for the smaller input.
pub const SCALED: u8 = 45;

/// The table for `hb --help`: number and meaning, in order.
pub const TABLE: &[(u8, &str)] = &[
    (USAGE, "hb's command line is wrong, or a go flag contradicts race detection"),
    (NO_GO, "no go command found"),
    (GO_TOO_OLD, "the go command is older than 1.25"),
    (UNSUPPORTED_PLATFORM, "the target is not one that hb supports (linux/amd64)"),
    (TOOLCHAIN, "the Go toolchain's files are missing or damaged, or cannot be used this way"),
    (CACHE, "hb's cache directory cannot be used"),
    (CANNOT_START, "the go command could not be started"),
    (REPORT, "a report or a baseline could not be read or written"),
    (RACES, "hb outcomes: the program has a race"),
    (OUT_OF_BUDGET, "hb outcomes: not complete, the budget ended before"),
    (NOT_SUPPORTED, "hb outcomes: the program uses something that cannot be explored"),
    (NOT_A_PROGRAM, "hb outcomes: a syntax error, a type error, or no such file"),
    (UNEXPECTED, "hb outcomes: not the outcomes that --expect names"),
    (SCALED, "hb outcomes: race-free, for the input of --scale"),
];

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn no_code_collides_with_those_of_go_or_of_the_race_runtime() {
        // 0-2: go; 66: the race runtime; 101: a Rust panic; 126 and up: shells and signals.
        for window in TABLE.windows(2) {
            assert!(window[0].0 < window[1].0, "codes are distinct and in order");
        }
        for (code, _) in TABLE {
            assert!((3..126).contains(code) && ![66, 101].contains(code));
        }
    }
}
