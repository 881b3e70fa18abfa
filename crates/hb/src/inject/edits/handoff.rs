//! Unbuffered channels: the two goroutines that meet exchange what they know at once, without an object between.

use super::{Change, Edit, Group};

/// One call where there were four.
pub const HANDOFF: Group = Group {
    name: "handoff",
    without: "unbuffered channels cost more",
    edits: &[
        Edit {
            name: "handoff-first",
            file: "runtime/chan.go",
            change: Change::Replace {
                text: "\tracerelease(chanbuf(c, 0))\n\traceacquireg(sg.g, chanbuf(c, 0))\n",
                with: "\thbmeet(getg().racectx, sg.g.racectx)\n",
            },
        },
        Edit {
            name: "handoff-second",
            file: "runtime/chan.go",
            change: Change::Replace {
                text: "\tracereleaseg(sg.g, chanbuf(c, 0))\n\traceacquire(chanbuf(c, 0))\n",
                with: "",
            },
        },
    ],
    files: &[("runtime/zhb_handoff.go", include_str!("../../../../../go/runtime_handoff.go"))],
};
