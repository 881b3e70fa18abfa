//! The stacks of goroutines.

use super::{Change, Edit, Group};

/// A race build leaves functions that may not grow the stack twice the room of another, for the calls of its detector. Those of hb need eight
/// bytes more than none, so the room is that of any build here, and the linker checks that it is enough
/// ([`Mode::Guard`](crate::inject::toolexec::Mode)). Otherwise the guard takes most of a new goroutine's 2 KB, and nearly every one's first
/// call copies its stack to one of 4 KB. A program for which it is not enough gets the room of a race build when it is linked ([`ROOM`]): so the
/// guard is a variable here, which the runtime sets before it makes the first stack.
pub const STACKS: Group = Group {
    name: "stacks",
    without: "nearly every new goroutine's stack grows at once",
    edits: &[
        Edit {
            name: "stacks-room",
            file: "runtime/stack.go",
            change: Change::Replace {
                text: "stackNosplit = abi.StackNosplitBase * sys.StackGuardMultiplier\n",
                with: "stackNosplit = abi.StackNosplitBase * hbguard\n",
            },
        },
        Edit {
            name: "stacks-guard",
            file: "runtime/stack.go",
            change: Change::Replace {
                text: "\tstackGuard = stackNosplit + stackSystem + abi.StackSmall\n",
                with: "\thbUsualGuard = stackNosplit + stackSystem + abi.StackSmall\n",
            },
        },
        Edit {
            name: "stacks-average",
            file: "runtime/stack.go",
            change: Change::Replace {
                text: "scannedStackSize/scannedStacks + stackGuard\n",
                with: "scannedStackSize/scannedStacks + uint64(stackGuard)\n",
            },
        },
        // Only of the first thread, before there is anything else.
        Edit {
            name: "stacks-first",
            file: "runtime/asm_amd64.s",
            change: Change::Replace { text: "$const_stackGuard,", with: "$const_hbUsualGuard," },
        },
        Edit {
            name: "stacks-begin",
            file: "runtime/proc.go",
            change: Change::Replace {
                text: "\nfunc schedinit() {\n",
                with: "\nfunc schedinit() { if hbRoom != \"\" { stackGuard = hbUsualGuard + stackNosplit }\n",
            },
        },
    ],
    files: &[
        ("runtime/zhb_stacks.go", include_str!("../../../../../go/runtime_stacks.go")),
        ("runtime/zhb_stacks_race.go", include_str!("../../../../../go/runtime_stacks_race.go")),
        ("runtime/zhb_stacks_none.go", include_str!("../../../../../go/runtime_stacks_none.go")),
    ],
};

/// The variable, a string, that the linker sets where a program needs twice the room.
pub const ROOM: &str = "runtime.hbRoom";
