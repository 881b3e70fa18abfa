//! Memory that Go takes from the system, and gives back.

use super::{Change, Edit, Group};

/// A heap that can have no shadow is one that cannot grow, which Go says in its own words. The shadow of what is given back is given back as well.
pub const SCAVENGED: Group = Group {
    name: "memory",
    without: "the shadow of memory that Go gives back to the system is kept, and a heap that can have none ends the program in hb's words",
    edits: &[
        Edit {
            name: "memory-unused",
            file: "runtime/mem.go",
            change: Change::Replace {
                text: "\tsysUnusedOS(v, n)\n",
                with: "\tif raceenabled { hbunused(v, n) }; sysUnusedOS(v, n)\n",
            },
        },
        Edit {
            name: "memory-arena",
            file: "runtime/malloc.go",
            change: Change::Replace {
                text: "\t\tracemapshadow(v, size)\n",
                with: "\t\tif !hbmapshadow(v, size) { return nil, 0 }\n",
            },
        },
    ],
    files: &[("runtime/zhb_memory.go", include_str!("../../../../../go/runtime_memory.go"))],
};
