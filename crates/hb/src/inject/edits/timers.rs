//! Timers: what fires is ordered after what armed it, and after nothing else.

use super::{Change, Edit, Group};

/// The stacks on which timers' functions run, and what their contexts know.
pub const TIMERS: Group = Group {
    name: "timers",
    without: "timers that fire on one processor are ordered, and without cgo tickers may be reported falsely",
    edits: EDITS,
    files: &[("runtime/zhb_timers.go", include_str!("../../../../../go/runtime_timers.go"))],
};

const EDITS: &[Edit] = &[
    Edit {
        name: "thread-stack",
        file: "runtime/proc.go",
        change: Change::Replace {
            text: "\t\tmp.g0 = malg(16384 * sys.StackGuardMultiplier)\n",
            with: "\t\tmp.g0 = hbmalg()\n",
        },
    },
    Edit {
        name: "thread-stack-free",
        file: "runtime/proc.go",
        change: Change::Replace { text: "stackfree(freem.g0.stack)", with: "hbstackfree(freem.g0.stack)" },
    },
    Edit {
        name: "timer-fires",
        file: "runtime/time.go",
        change: Change::Replace {
            text: "\t\traceacquirectx(tsLocal.raceCtx, unsafe.Pointer(t))\n",
            with: "\t\thbfire(tsLocal.raceCtx); raceacquirectx(tsLocal.raceCtx, unsafe.Pointer(t))\n",
        },
    },
];
