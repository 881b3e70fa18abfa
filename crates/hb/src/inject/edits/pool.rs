//! `sync.Pool`: what is put in comes before what takes it out, and little else.

use super::{Change, Edit, Group};

const FILE: &str = "sync/pool.go";

/// Fewer detector calls, and more addresses to tell objects apart by. That a race build drops one object of four at random stays:
/// otherwise goroutines that print, say, would be ordered by the pool in `fmt` in every run and not in three of four.
pub const POOL: Group =
    Group { name: "pool", without: "sync.Pool costs more and orders more than it should", edits: EDITS, files: &[] };

const EDITS: &[Edit] = &[
    Edit {
        name: "pool-addresses",
        file: FILE,
        change: Change::Replace { text: "var poolRaceHash [128]uint64", with: "var poolRaceHash [65536]uint64" },
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
            with: "\n\n\n\tl, pid := p.pin()\n",
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
