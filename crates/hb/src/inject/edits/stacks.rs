//! The stacks of new goroutines.

use super::{Change, Edit, Group};

/// In a race build a stack's guard is so large that nearly every goroutine's first call finds its stack of 2 KB too small: it is copied to one of
/// 4 KB, which here it gets at once.
pub const STACKS: Group = Group {
    name: "stacks",
    without: "nearly every new goroutine's stack grows at once",
    edits: &[
        Edit {
            name: "stacks-new",
            file: "runtime/proc.go",
            change: Change::Replace { text: "\t\tnewg = malg(stackMin)\n", with: "\t\tnewg = malg(hbfirststack)\n" },
        },
        Edit {
            name: "stacks-again",
            file: "runtime/stack.go",
            change: Change::Replace {
                text: "var startingStackSize uint32 = fixedStack\n",
                with: "var startingStackSize uint32 = hbfirststack\n",
            },
        },
    ],
    files: &[
        ("runtime/zhb_stacks_race.go", include_str!("../../../../../go/runtime_stacks_race.go")),
        ("runtime/zhb_stacks_none.go", include_str!("../../../../../go/runtime_stacks_none.go")),
    ],
};
