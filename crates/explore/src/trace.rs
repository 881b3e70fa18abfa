//! What happened in an execution, step by step.

use crate::program::{PosId, SiteId};
use crate::state::AccessKind;
use crate::value::Value;

/// A step of a goroutine.
#[derive(Clone, Debug)]
pub struct Event {
    /// The goroutine's number.
    pub gor: u32,
    /// Where in the source.
    pub pos: PosId,
    /// What it did.
    pub what: What,
}

/// A cell by the number of its object, which is never used again in an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The object, in the order in which objects were made.
    pub object: u32,
    /// The cell.
    pub off: u32,
    /// Where the object was made.
    pub site: SiteId,
}

/// What a goroutine did.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the operations of sync, of channels and of the language by their own names")]
pub enum What {
    Go {
        child: u32,
    },
    End,
    /// An access, its value, and for a racy read of several writes the one that it observed.
    Access {
        place: Place,
        kind: AccessKind,
        value: Value,
        from: Option<PosId>,
        note: &'static str,
    },
    /// An operation on a lock, group, once, condition, pool or map of `sync`, by its name.
    Sync {
        op: SyncOp,
        place: Place,
        number: i64,
    },
    MakeChan {
        place: Place,
        cap: u32,
    },
    Send {
        place: Place,
        receiver: Option<u32>,
        value: Value,
    },
    /// With the sender at an unbuffered channel, and where it stands.
    Recv {
        place: Place,
        sender: Option<(u32, PosId)>,
        value: Value,
    },
    /// A send that panics.
    SendClosed {
        place: Place,
    },
    RecvClosed {
        place: Place,
    },
    Close {
        place: Place,
    },
    SelectPoll {
        sends: Vec<Place>,
    },
    Default,
    Print(Vec<u8>),
    Panic(String),
}

/// Operations of package `sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operations of sync by their own names")]
pub enum SyncOp {
    Lock,
    Unlock,
    TryLockFail,
    RLock,
    RUnlock,
    RwLock,
    RwUnlock,
    TryRLockFail,
    TryRwLockFail,
    WgAdd,
    WgWait,
    OnceBegin,
    OnceEnd,
    OnceReturn,
    CondAdd,
    CondPark,
    CondSignal,
    CondBroadcast,
    PoolPut,
    PoolGet,
    MapRead,
    MapWrite,
    MapUpdate,
    TimerFire,
}
