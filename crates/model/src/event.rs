//! What a linearised execution consists of.
//!
//! An execution is a list of [`Event`]s in the one order in which they took effect. Blocking is expressed by
//! position: a `Lock` stands where it returned, a receive that waited stands inside the send that completed it.
//! Goroutine 0 is `main` and runs from the start; every other goroutine is started by an [`Op::Go`].

/// A goroutine's number. `0` is the main goroutine; each other number is the child of exactly one [`Op::Go`].
pub type Goroutine = u32;

/// A byte address. Synchronisation objects are named by the address of their first byte.
pub type Addr = u64;

/// Offset, within a channel, of the byte that stands for "a send must not run beside a close".
///
/// A send counts as a read of this byte and a close as a write of it.
pub const CHAN_CONFLICT_OFFSET: u64 = 16;

/// Offset, within a `WaitGroup`, of the byte that stands for "the first Add must not run beside a Wait".
///
/// The Add that takes the counter up from zero counts as a read of this byte, the first Wait that blocks as a
/// write of it.
pub const WAIT_GROUP_CONFLICT_OFFSET: u64 = 8;

/// One step of one goroutine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// The goroutine whose step this is: for a rendezvous, the one that was running and not waiting.
    pub goroutine: Goroutine,
    /// What it did.
    pub op: Op,
}

/// What an event does. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `go f()`, where `child` runs `f`.
    Go {
        /// The new goroutine, never used before.
        child: Goroutine,
    },
    /// The goroutine returns from its function.
    End,
    /// A plain read of `addr..addr+size`.
    Read {
        /// First byte.
        addr: Addr,
        /// Length in bytes, at least 1.
        size: u64,
    },
    /// A plain write of `addr..addr+size`.
    Write {
        /// First byte.
        addr: Addr,
        /// Length in bytes, at least 1.
        size: u64,
    },
    /// An atomic load, which observes the latest atomic write of each of its bytes.
    AtomicLoad {
        /// First byte.
        addr: Addr,
        /// 4 or 8.
        size: u64,
    },
    /// An atomic store.
    AtomicStore {
        /// First byte.
        addr: Addr,
        /// 4 or 8.
        size: u64,
    },
    /// An atomic add, swap, and, or, or a compare-and-swap that succeeded.
    AtomicRmw {
        /// First byte.
        addr: Addr,
        /// 4 or 8.
        size: u64,
    },
    /// A compare-and-swap that failed: it only observes.
    AtomicCasFail {
        /// First byte.
        addr: Addr,
        /// 4 or 8.
        size: u64,
    },
    /// `Mutex.Lock` returns, or `TryLock` succeeds.
    Lock {
        /// The mutex.
        mutex: Addr,
    },
    /// `Mutex.Unlock`, by any goroutine.
    Unlock {
        /// The mutex.
        mutex: Addr,
    },
    /// `Mutex.TryLock` fails.
    TryLockFail {
        /// The mutex.
        mutex: Addr,
    },
    /// `RWMutex.RLock` returns, or `TryRLock` succeeds.
    ReadLock {
        /// The read-write mutex.
        rw: Addr,
    },
    /// `RWMutex.RUnlock`.
    ReadUnlock {
        /// The read-write mutex.
        rw: Addr,
    },
    /// `RWMutex.Lock` returns, or `TryLock` succeeds.
    WriteLock {
        /// The read-write mutex.
        rw: Addr,
    },
    /// `RWMutex.Unlock`.
    WriteUnlock {
        /// The read-write mutex.
        rw: Addr,
    },
    /// `RWMutex.TryRLock` fails.
    TryReadLockFail {
        /// The read-write mutex.
        rw: Addr,
    },
    /// `RWMutex.TryLock` fails.
    TryWriteLockFail {
        /// The read-write mutex.
        rw: Addr,
    },
    /// `WaitGroup.Add(delta)`; `Done` is `Add(-1)`.
    WaitGroupAdd {
        /// The wait group.
        group: Addr,
        /// Not zero.
        delta: i32,
    },
    /// `WaitGroup.Wait` finds the counter at zero and returns.
    WaitGroupWait {
        /// The wait group.
        group: Addr,
    },
    /// `WaitGroup.Wait` finds the counter above zero and blocks.
    WaitGroupBlock {
        /// The wait group.
        group: Addr,
    },
    /// The `Wait` that blocked returns.
    WaitGroupWake {
        /// The wait group.
        group: Addr,
    },
    /// `Once.Do(f)` finds nothing done and enters `f`.
    OnceBegin {
        /// The once.
        once: Addr,
    },
    /// `f` is complete, in the goroutine that began it.
    OnceEnd {
        /// The once.
        once: Addr,
    },
    /// Another `Once.Do` returns, `f` being complete.
    OnceReturn {
        /// The once.
        once: Addr,
        /// This call began while `f` ran, and so waited for it.
        waited: bool,
    },
    /// `Cond.Wait`: unlocks `mutex` and waits.
    CondWait {
        /// The condition variable.
        cond: Addr,
        /// Its locker, held by the caller.
        mutex: Addr,
    },
    /// `Cond.Signal`: unblocks the goroutine that has waited longest, or nobody.
    CondSignal {
        /// The condition variable.
        cond: Addr,
    },
    /// `Cond.Broadcast`: unblocks all that wait.
    CondBroadcast {
        /// The condition variable.
        cond: Addr,
    },
    /// A `Cond.Wait` that was unblocked has its locker again and returns.
    CondWake {
        /// The condition variable.
        cond: Addr,
        /// Its locker.
        mutex: Addr,
    },
    /// `make(chan T, capacity)` with `T` of `element` bytes.
    MakeChan {
        /// The channel.
        chan: Addr,
        /// Buffer length; 0 is unbuffered.
        capacity: u32,
        /// Size of an element in bytes; 0 is `struct{}`.
        element: u32,
    },
    /// A send. Without a waiting receiver there is room in the buffer.
    Send {
        /// The channel.
        chan: Addr,
        /// The goroutine that was waiting to receive, and whose receive this completes.
        receiver: Option<Goroutine>,
    },
    /// A receive of a sent value.
    Recv {
        /// The channel.
        chan: Addr,
        /// The goroutine that was waiting to send (unbuffered, or the buffer is full), and whose send this
        /// completes.
        sender: Option<Goroutine>,
    },
    /// A receive of the zero value from a closed and drained channel.
    RecvClosed {
        /// The channel.
        chan: Addr,
    },
    /// `close(ch)`.
    Close {
        /// The channel.
        chan: Addr,
        /// The goroutines that were waiting to receive and now receive the zero value.
        woken: Vec<Goroutine>,
    },
    /// A `select` looks at its send cases on these channels. The case it chooses follows as its own event; none
    /// follows when the default case is taken.
    SelectPoll {
        /// Channels of the send cases looked at.
        sends: Vec<Addr>,
    },
    /// The memory `addr..addr+size` is given out anew. What stood there before is another object.
    Malloc {
        /// First byte.
        addr: Addr,
        /// Length in bytes.
        size: u64,
    },
}
