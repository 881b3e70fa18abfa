//! The end of a program: goroutines that can run do so before the verdict.

use super::{Change, Edit, Group};

/// What ends a program waits for the others, and who panics meanwhile does not change its status.
pub const ENDING: Group = Group {
    name: "ending",
    without: "every program whose status is 0 waits a second at its end",
    edits: &[
        Edit {
            name: "ending-clean",
            file: "runtime/proc.go",
            change: Change::Each { text: "\t\tracefini()", times: 2, with: "\t\thbend(0); racefini()" },
        },
        Edit {
            name: "ending-status",
            file: "runtime/proc.go",
            change: Change::Replace {
                text: "\trunExitHooks(exitCode)\n",
                with: "\trunExitHooks(exitCode); if raceenabled && exitCode != 0 { hbend(exitCode) }\n",
            },
        },
        Edit {
            name: "ending-panic",
            file: "runtime/panic.go",
            change: Change::Replace {
                text: "\nfunc fatalpanic(msgs *_panic) {\n",
                with: "\nfunc fatalpanic(msgs *_panic) { hbstop()\n",
            },
        },
        Edit {
            name: "ending-fatal",
            file: "runtime/panic.go",
            change: Change::Replace { text: "\nfunc fatal(s string) {\n", with: "\nfunc fatal(s string) { hbstop()\n" },
        },
    ],
    files: &[ENDING_FILE, ENDING_NONE, (CALLS, include_str!("../../../../../go/runtime_ending_calls.go"))],
};

/// The same edits with these files are all that the plain delivery makes.
pub const PLAIN_FILES: &[(&str, &str)] =
    &[ENDING_FILE, ENDING_NONE, (CALLS, include_str!("../../../../../go/runtime_ending_plain.go"))];

const ENDING_FILE: (&str, &str) = ("runtime/zhb_ending.go", include_str!("../../../../../go/runtime_ending.go"));
const ENDING_NONE: (&str, &str) =
    ("runtime/zhb_ending_none.go", include_str!("../../../../../go/runtime_ending_none.go"));
const CALLS: &str = "runtime/zhb_ending_calls.go";

/// Exported functions that the files call and assembly has to define.
pub const ENTRY_POINTS: &[&str] = &["__tsan_hb_rest", "__tsan_hb_leave"];
