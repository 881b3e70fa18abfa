//! `sync.Pool`: what is put in comes before what takes it out, and little else.

use super::{Change, Edit, Group};

const FILE: &str = "sync/pool.go";

/// Fewer detector calls, and more addresses to tell objects apart by. A race build drops one object of four at random: otherwise goroutines
/// that print, say, would be ordered by the pool in `fmt` in every run and not in three of four. Here that one is laid aside for the
/// goroutine which put it there (`go/sync_pool.go`), which orders as little and costs no new object.
pub const POOL: Group = Group {
    name: "pool",
    without: "sync.Pool costs more and orders more than it should",
    edits: EDITS,
    files: &[
        ("sync/zhb_pool.go", include_str!("../../../../../go/sync_pool.go")),
        ("sync/zhb_pool_race.go", include_str!("../../../../../go/sync_pool_race.go")),
        ("sync/zhb_pool_none.go", include_str!("../../../../../go/sync_pool_none.go")),
        ("runtime/zhb_pool.go", include_str!("../../../../../go/runtime_pool.go")),
    ],
};

const EDITS: &[Edit] = &[
    Edit {
        name: "pool-addresses",
        file: FILE,
        change: Change::Replace { text: "var poolRaceHash [128]uint64", with: "var poolRaceHash [65536]uint64" },
    },
    Edit {
        name: "pool-aside",
        file: FILE,
        change: Change::Replace {
            text: "type poolLocalInternal struct {\n",
            with: "type poolLocalInternal struct { hbAside hbAside\n",
        },
    },
    Edit {
        name: "pool-lay-aside",
        file: FILE,
        change: Change::Replace {
            text: "\t\t\t// Randomly drop x on floor.\n\t\t\treturn\n",
            with: "\t\t\tp.hbLayAside(x)\n\t\t\treturn\n",
        },
    },
    // Nothing has to be ignored where the processor's own object is taken or put: no atomic operation is made there.
    Edit {
        name: "pool-put",
        file: FILE,
        change: Change::Replace {
            text: "race.ReleaseMerge(poolRaceAddr(x))\n\t\trace.Disable()\n",
            with: "race.ReleaseMerge(poolRaceAddr(x))\n\n",
        },
    },
    Edit {
        name: "pool-push",
        file: FILE,
        change: Change::Replace {
            text: "\t\tl.shared.pushHead(x)\n\t}\n\truntime_procUnpin()\n\tif race.Enabled {\n\t\trace.Enable()\n\t}\n",
            with: "\t\tif race.Enabled { race.Disable() }; l.shared.pushHead(x); if race.Enabled { race.Enable() }\n\t}\n\
                   \truntime_procUnpin()\n\n\n\n",
        },
    },
    Edit {
        name: "pool-get",
        file: FILE,
        change: Change::Replace {
            text: "\tif race.Enabled {\n\t\trace.Disable()\n\t}\n\tl, pid := p.pin()\n",
            with: "\n\n\n\tl, pid := p.pin(); if race.Enabled { if x := l.hbAside.take(); x != nil { runtime_procUnpin(); return x } }\n",
        },
    },
    Edit {
        name: "pool-pop",
        file: FILE,
        change: Change::Replace {
            text: "\t\tx, _ = l.shared.popHead()\n\t\tif x == nil {\n\t\t\tx = p.getSlow(pid)\n\t\t}\n",
            with: "\t\tif race.Enabled { race.Disable() }; x, _ = l.shared.popHead()\n\t\tif x == nil {\n\t\t\tx = p.getSlow(pid)\n\
                   \t\t}; if race.Enabled { race.Enable() }\n",
        },
    },
    Edit {
        name: "pool-got",
        file: FILE,
        change: Change::Replace {
            text: "\t\trace.Enable()\n\t\tif x != nil {\n\t\t\trace.Acquire(",
            with: "\n\t\tif x != nil {\n\t\t\trace.Acquire(",
        },
    },
    Edit {
        name: "pool-grow",
        file: FILE,
        change: Change::Replace {
            text: "\tallPoolsMu.Lock()\n",
            with: "\tif race.Enabled { race.Disable(); defer race.Enable() }; allPoolsMu.Lock()\n",
        },
    },
];
