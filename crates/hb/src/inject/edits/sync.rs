//! Locks and what is made of them.
//!
//! A race build of Go tells of a `Mutex` twice: by the atomic operations on its word and by hooks beside them. The former draw edges that the
//! model does not have. Here the word is changed by operations that the runtime does not see, and one hook for each
//! operation says what it means (`crates/runtime/src/locks.rs`).

use super::{Change, Edit, Group};

/// `Mutex`, `RWMutex`, `Once`, `WaitGroup`.
pub const LOCKS: Group = Group {
    name: "locks",
    without: "locks order more than the memory model says, and cost more",
    edits: LOCK_EDITS,
    files: &[
        ("internal/sync/zhb_hooks.go", include_str!("../../../../../go/internal_sync_hooks.go")),
        ("internal/sync/zhb_hooks_none.go", include_str!("../../../../../go/internal_sync_hooks_none.go")),
        ("internal/sync/zhb_quiet.go", include_str!("../../../../../go/internal_sync_quiet.go")),
        ("sync/zhb_uint64.go", include_str!("../../../../../go/sync_uint64.go")),
    ],
};

/// `Cond`: whoever signals comes before the goroutines that this wakes. The runtime has both at hand.
pub const COND: Group = Group {
    name: "cond",
    without: "Cond.Signal and Broadcast do not order what comes before them (false reports)",
    edits: COND_EDITS,
    files: &[],
};

const LOCK_EDITS: &[Edit] = &[
    // The mutex: what changes its state word is no atomic operation to the runtime, and taking and giving it is one call each.
    Edit {
        name: "mutex-atomics",
        file: "internal/sync/mutex.go",
        change: Change::Replace { text: "\t\"sync/atomic\"\n", with: "\t\"internal/runtime/atomic\"\n" },
    },
    Edit {
        name: "mutex-cas",
        file: "internal/sync/mutex.go",
        change: Change::Each { text: "atomic.CompareAndSwapInt32(", times: 5, with: "atomic.Casint32(" },
    },
    Edit {
        name: "mutex-add",
        file: "internal/sync/mutex.go",
        change: Change::Each { text: "atomic.AddInt32(", times: 2, with: "atomic.Xaddint32(" },
    },
    Edit {
        name: "mutex-atomic-known",
        file: "internal/sync/mutex.go",
        change: Change::Only { prefix: "atomic.", known: &["Casint32", "Xaddint32"] },
    },
    Edit {
        name: "mutex-slow-locked",
        file: "internal/sync/mutex.go",
        change: Change::Replace {
            text: "\tif race.Enabled {\n\t\trace.Acquire(unsafe.Pointer(m))\n\t}\n}\n",
            with: "\n\n\n}\n",
        },
    },
    Edit {
        name: "mutex-lock-slowly",
        file: "internal/sync/mutex.go",
        change: Change::Replace {
            text: "\tm.lockSlow()\n",
            with: "\tm.lockSlow(); if race.Enabled { HBLock(unsafe.Pointer(m)) }\n",
        },
    },
    Edit {
        name: "mutex-lock",
        file: "internal/sync/mutex.go",
        change: Change::Each { text: "race.Acquire(unsafe.Pointer(m))", times: 2, with: "HBLock(unsafe.Pointer(m))" },
    },
    Edit {
        name: "mutex-unlock",
        file: "internal/sync/mutex.go",
        change: Change::Replace { text: "race.Release(unsafe.Pointer(m))", with: "HBUnlock(unsafe.Pointer(m))" },
    },
    Edit {
        name: "mutex-race-known",
        file: "internal/sync/mutex.go",
        change: Change::Only { prefix: "race.", known: &["Enabled"] },
    },
    // The read-write mutex: the same; and its inner mutex is nothing to the runtime, so nothing has to be ignored.
    Edit {
        name: "rwmutex-atomics",
        file: "sync/rwmutex.go",
        change: Change::Replace {
            text: "\t\"sync/atomic\"\n",
            with: "\t\"internal/runtime/atomic\"; isync \"internal/sync\"\n",
        },
    },
    Edit {
        name: "rwmutex-atomic-known",
        file: "sync/rwmutex.go",
        change: Change::Only { prefix: "atomic.", known: &["Int32"] },
    },
    Edit {
        name: "rwmutex-heed",
        file: "sync/rwmutex.go",
        change: Change::Each { text: "race.Enable()", times: 11, with: "" },
    },
    Edit {
        name: "rwmutex-ignore",
        file: "sync/rwmutex.go",
        change: Change::Each { text: "race.Disable()", times: 6, with: "" },
    },
    Edit {
        name: "rwmutex-misuse",
        file: "sync/rwmutex.go",
        change: Change::Each { text: "race.Read(unsafe.Pointer(&rw.w))", times: 6, with: "" },
    },
    Edit {
        name: "rwmutex-lock",
        file: "sync/rwmutex.go",
        change: Change::Each {
            text: "race.Acquire(unsafe.Pointer(&rw.readerSem))\n\t\trace.Acquire(unsafe.Pointer(&rw.writerSem))",
            times: 2,
            with: "isync.HBWriteLock(unsafe.Pointer(&rw.writerSem))\n",
        },
    },
    Edit {
        name: "rwmutex-rlock",
        file: "sync/rwmutex.go",
        change: Change::Each {
            text: "race.Acquire(unsafe.Pointer(&rw.readerSem))",
            times: 2,
            with: "isync.HBReadLock(unsafe.Pointer(&rw.readerSem))",
        },
    },
    // Not in the word of readerSem: what readers look at when they take the lock does not change then.
    Edit {
        name: "rwmutex-runlock",
        file: "sync/rwmutex.go",
        change: Change::Replace {
            text: "race.ReleaseMerge(unsafe.Pointer(&rw.writerSem))",
            with: "race.ReleaseMerge(unsafe.Pointer(&rw.readerWait))",
        },
    },
    Edit {
        name: "rwmutex-unlock",
        file: "sync/rwmutex.go",
        change: Change::Replace {
            text: "race.Release(unsafe.Pointer(&rw.readerSem))",
            with: "isync.HBUnlock(unsafe.Pointer(&rw.readerSem))",
        },
    },
    Edit {
        name: "rwmutex-inner-lock",
        file: "sync/rwmutex.go",
        change: Change::Replace { text: "rw.w.Lock()", with: "isync.LockQuietly(&rw.w.mu)" },
    },
    Edit {
        name: "rwmutex-inner-trylock",
        file: "sync/rwmutex.go",
        change: Change::Replace { text: "rw.w.TryLock()", with: "isync.TryLockQuietly(&rw.w.mu)" },
    },
    Edit {
        name: "rwmutex-inner-unlock",
        file: "sync/rwmutex.go",
        change: Change::Each { text: "rw.w.Unlock()", times: 2, with: "isync.UnlockQuietly(&rw.w.mu)" },
    },
    Edit {
        name: "rwmutex-race-known",
        file: "sync/rwmutex.go",
        change: Change::Only { prefix: "race.", known: &["Enabled", "ReleaseMerge"] },
    },
    // Once: the flag carries the order.
    Edit {
        name: "once-inner",
        file: "sync/once.go",
        change: Change::Replace { text: "\t\"sync/atomic\"\n", with: "\t\"sync/atomic\"; isync \"internal/sync\"\n" },
    },
    Edit {
        name: "once-lock",
        file: "sync/once.go",
        change: Change::Replace { text: "\to.m.Lock()\n", with: "\tisync.LockQuietly(&o.m.mu)\n" },
    },
    Edit {
        name: "once-unlock",
        file: "sync/once.go",
        change: Change::Replace { text: "o.m.Unlock()", with: "isync.UnlockQuietly(&o.m.mu)" },
    },
    // WaitGroup: one call for each operation.
    Edit {
        name: "waitgroup-inner",
        file: "sync/waitgroup.go",
        change: Change::Replace {
            text: "\t\"sync/atomic\"\n",
            with: "\t\"internal/abi\"\n\t\"internal/runtime/sys\"\n\tisync \"internal/sync\"\n",
        },
    },
    // Where Add and Wait run beside each other both callers are told of, not the hook that saw it.
    Edit {
        name: "waitgroup-add-beside",
        file: "sync/waitgroup.go",
        change: Change::Replace {
            text: "race.Read(unsafe.Pointer(&wg.sema))",
            with: "race.ReadPC(unsafe.Pointer(&wg.sema), sys.GetCallerPC(), abi.FuncPCABIInternal((*WaitGroup).Add))",
        },
    },
    Edit {
        name: "waitgroup-wait-beside",
        file: "sync/waitgroup.go",
        change: Change::Replace {
            text: "race.Write(unsafe.Pointer(&wg.sema))",
            with: "race.WritePC(unsafe.Pointer(&wg.sema), sys.GetCallerPC(), abi.FuncPCABIInternal((*WaitGroup).Wait))",
        },
    },
    Edit {
        name: "waitgroup-counter",
        file: "sync/waitgroup.go",
        change: Change::Replace { text: "atomic.Uint64", with: "quietUint64" },
    },
    Edit {
        name: "waitgroup-atomic-known",
        file: "sync/waitgroup.go",
        change: Change::Only { prefix: "atomic.", known: &[] },
    },
    Edit {
        name: "waitgroup-add",
        file: "sync/waitgroup.go",
        change: Change::Replace {
            text: "race.ReleaseMerge(unsafe.Pointer(wg))\n\t\t}\n\t\trace.Disable()\n\t\tdefer race.Enable()\n",
            with: "isync.HBDone(unsafe.Pointer(wg))\n\t\t} else {\n\t\t\tisync.HBTouch(unsafe.Pointer(wg))\n\t\t}\n",
        },
    },
    Edit {
        name: "waitgroup-ignore",
        file: "sync/waitgroup.go",
        change: Change::Each { text: "race.Disable()", times: 2, with: "" },
    },
    Edit {
        name: "waitgroup-heed",
        file: "sync/waitgroup.go",
        change: Change::Each { text: "race.Enable()", times: 3, with: "" },
    },
    Edit {
        name: "waitgroup-wait",
        file: "sync/waitgroup.go",
        change: Change::Each {
            text: "race.Acquire(unsafe.Pointer(wg))",
            times: 2,
            with: "isync.HBWait(unsafe.Pointer(wg))",
        },
    },
    Edit {
        name: "waitgroup-race-known",
        file: "sync/waitgroup.go",
        change: Change::Only { prefix: "race.", known: &["Enabled", "ReadPC", "WritePC"] },
    },
];

const COND_EDITS: &[Edit] = &[
    Edit {
        name: "cond-atomics",
        file: "sync/cond.go",
        change: Change::Replace { text: "\t\"sync/atomic\"\n", with: "\t\"internal/runtime/atomic\"\n" },
    },
    Edit {
        name: "cond-checker",
        file: "sync/cond.go",
        change: Change::Replace { text: "atomic.CompareAndSwapUintptr(", with: "atomic.Casuintptr(" },
    },
    Edit {
        name: "cond-atomic-known",
        file: "sync/cond.go",
        change: Change::Only { prefix: "atomic.", known: &["Casuintptr"] },
    },
    Edit {
        name: "cond-signal",
        file: "runtime/sema.go",
        change: Change::Each {
            text: "readyWithTime(s, 4)",
            times: 2,
            with: "if raceenabled { hbedge(getg().racectx, s.g.racectx) }; readyWithTime(s, 4)",
        },
    },
];
