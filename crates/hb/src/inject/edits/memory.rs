//! Memory that Go gives back to the system.

use super::{Change, Edit, Group};

/// Its shadow is given back as well.
pub const SCAVENGED: Group = Group {
    name: "memory",
    without: "the shadow of memory that Go gives back to the system is kept",
    edits: &[Edit {
        name: "memory-unused",
        file: "runtime/mem.go",
        change: Change::Replace {
            text: "\tsysUnusedOS(v, n)\n",
            with: "\tif raceenabled { hbunused(v, n) }; sysUnusedOS(v, n)\n",
        },
    }],
    files: &[("runtime/zhb_memory.go", include_str!("../../../../../go/runtime_memory.go"))],
};
