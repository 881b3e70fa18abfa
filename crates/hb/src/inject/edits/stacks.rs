//! The stacks of goroutines.

use super::{Change, Edit, Group};

/// A race build leaves functions that may not grow the stack twice the room of another, for the calls of its detector. Those of hb need eight
/// bytes more than none, so the room is that of any build here, and the linker checks that it is enough
/// ([`Mode::Guard`](crate::inject::toolexec::Mode)). Otherwise the guard takes most of a new goroutine's 2 KB, and nearly every one's first
/// call copies its stack to one of 4 KB.
pub const STACKS: Group = Group {
    name: "stacks",
    without: "nearly every new goroutine's stack grows at once",
    edits: &[Edit {
        name: "stacks-guard",
        file: "runtime/stack.go",
        change: Change::Replace {
            text: "stackNosplit = abi.StackNosplitBase * sys.StackGuardMultiplier\n",
            with: "stackNosplit = abi.StackNosplitBase * hbguard\n",
        },
    }],
    files: &[
        ("runtime/zhb_stacks_race.go", include_str!("../../../../../go/runtime_stacks_race.go")),
        ("runtime/zhb_stacks_none.go", include_str!("../../../../../go/runtime_stacks_none.go")),
    ],
};
