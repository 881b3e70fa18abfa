//! When the collector runs.

use super::{Change, Edit, Group};

/// Large heaps are collected before they have doubled: their shadow is as large as they are.
pub const COLLECTOR: Group = Group {
    name: "collector",
    without: "large heaps double before they are collected, and their shadow with them",
    edits: &[Edit {
        name: "collector-goal",
        file: "runtime/mgcpacer.go",
        change: Change::Replace {
            text: "\tif gcPercent := c.gcPercent.Load(); gcPercent >= 0 {\n\t\tgcPercentHeapGoal = ",
            with: "\tif gcPercent := hbpercent(c); gcPercent >= 0 {\n\t\tgcPercentHeapGoal = ",
        },
    }],
    files: &[
        ("runtime/zhb_collector_race.go", include_str!("../../../../../go/runtime_collector_race.go")),
        ("runtime/zhb_collector_none.go", include_str!("../../../../../go/runtime_collector_none.go")),
    ],
};
