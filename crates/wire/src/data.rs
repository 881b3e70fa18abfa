//! A race as the runtime knows it: plain data, borrowed from the engine for the time of one report.
//!
//! Addresses and program counters are absolute. Program counters are *return addresses*, as the compiler's hooks hand
//! them over: the call that made them ends at the byte before. Stacks are innermost first.

/// Two accesses to overlapping bytes that nothing orders, at least one of them a write.
#[derive(Clone, Copy, Debug)]
pub struct Race<'a> {
    /// The later access, in whose hook the race was found.
    pub current: Access<'a>,
    /// The earlier access.
    pub previous: Access<'a>,
    /// What the address belongs to, if the engine knows. [`crate::Reporter`] asks Go where it is `None`.
    pub object: Option<Object<'a>>,
    /// The last event known to precede both accesses.
    pub common: Option<Common<'a>>,
}

/// One of the two accesses.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// Whether it writes (an atomic read-modify-write does).
    pub write: bool,
    /// Whether an atomic operation did it.
    pub atomic: bool,
    /// First byte.
    pub address: usize,
    /// Number of bytes; 0 where it is not known.
    pub size: usize,
    /// Which bytes of the 8-byte word, a bit for each, where they have gaps: several accesses count as one. Otherwise 0.
    pub bytes: u8,
    /// The goroutine that did it.
    pub goroutine: Goroutine<'a>,
    /// Where, innermost first; the first program counter is the access itself.
    pub stack: Stack<'a>,
    /// Synchronisation events of the goroutine around the access, in its own order.
    pub sync: &'a [SyncEvent<'a>],
    /// Locks held during the access.
    pub locks: &'a [Lock<'a>],
}

/// A goroutine as a report names it.
#[derive(Clone, Copy, Debug)]
pub struct Goroutine<'a> {
    /// Go's own goid.
    pub goid: u64,
    /// Whether it is the main goroutine.
    pub is_main: bool,
    /// Whether it had finished by the time of the report.
    pub finished: bool,
    /// The `go` statement that started it; not used for the main goroutine.
    pub created: Stack<'a>,
    /// The test that it or the nearest goroutine above it that runs one is running; empty if none is known.
    pub test: &'a [u8],
    /// Parent, then its parent, and so on.
    pub ancestry: &'a [Ancestor<'a>],
}

/// One step up a goroutine's ancestry.
#[derive(Clone, Copy, Debug)]
pub struct Ancestor<'a> {
    /// Go's own goid; 0 where it is not known.
    pub goid: u64,
    /// The `go` statement that started it; empty for the main goroutine.
    pub created: Stack<'a>,
}

/// A stack of return addresses, innermost first.
#[derive(Clone, Copy, Debug)]
pub struct Stack<'a> {
    /// Return addresses, innermost first. A full stack ends in the frame of the Go runtime that started the goroutine,
    /// which renderings leave out.
    pub pcs: &'a [usize],
    /// How much of the stack this is.
    pub state: StackState,
}

impl Stack<'_> {
    /// A stack of which nothing is known.
    pub const LOST: Stack<'static> = Stack { pcs: &[], state: StackState::Lost };
}

/// How much of a stack is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackState {
    /// All of it.
    Full,
    /// Outer frames are missing.
    Truncated,
    /// The history limit was passed; there may be some inner frames or none.
    Lost,
}

/// The memory that an address belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Heap, global or stack.
    pub kind: ObjectKind,
    /// First byte.
    pub start: usize,
    /// Number of bytes.
    pub size: usize,
    /// The linker's name of a package-level variable; empty where it is not known.
    pub name: &'a [u8],
    /// Who allocated a heap block, and where.
    pub allocation: Option<(u64, Stack<'a>)>,
    /// What lies there, as far as it is known.
    pub content: Option<Content<'a>>,
}

/// What lies at an address in a heap block, by the type for which it was allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// The type of the block's value, or of its elements.
    pub type_name: &'a [u8],
    /// Whether the block holds several values of that type.
    pub elements: bool,
    /// The way from there to the innermost value at the address: `[3].name`; empty where that is the whole.
    pub path: &'a [u8],
    /// The type of the innermost value.
    pub part: &'a [u8],
    /// The kind of that type, in Go's word: `slice`.
    pub part_kind: &'a [u8],
    /// Where in the innermost value the address lies, in bytes.
    pub part_offset: usize,
}

/// Kinds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A heap block.
    Heap,
    /// A package-level variable.
    Global,
    /// A goroutine's stack.
    Stack,
}

/// The last event that precedes both accesses.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// What it was, usually [`SyncOperation::Go`].
    pub operation: SyncOperation,
    /// The goroutine that did it.
    pub goid: u64,
    /// Where.
    pub stack: Stack<'a>,
}

/// A lock held during an access.
#[derive(Clone, Copy, Debug)]
pub struct Lock<'a> {
    /// The mutex.
    pub address: usize,
    /// Held for reading only.
    pub read: bool,
    /// Where it was locked.
    pub stack: Stack<'a>,
}

/// A synchronisation event next to an access.
#[derive(Clone, Copy, Debug)]
pub struct SyncEvent<'a> {
    /// Whether it comes after the access (else before).
    pub after: bool,
    /// What was done.
    pub operation: SyncOperation,
    /// The synchronisation object; 0 where there is none.
    pub address: usize,
    /// Capacity, of a channel.
    pub capacity: Option<u64>,
    /// The goroutine's own clock at the event.
    pub clock: u64,
    /// Where.
    pub stack: Stack<'a>,
}

/// Synchronising operations, in the order of the words in the findings format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SyncOperation {
    /// `Mutex.Lock`.
    MutexLock,
    /// `Mutex.Unlock`.
    MutexUnlock,
    /// `RWMutex.Lock`.
    RwMutexLock,
    /// `RWMutex.Unlock`.
    RwMutexUnlock,
    /// `RWMutex.RLock`.
    RwMutexRlock,
    /// `RWMutex.RUnlock`.
    RwMutexRunlock,
    /// A send on a channel.
    ChanSend,
    /// A receive from a channel.
    ChanRecv,
    /// `close` of a channel.
    ChanClose,
    /// `WaitGroup.Done`.
    WgDone,
    /// `WaitGroup.Wait` returned.
    WgWait,
    /// `Once.Do` returned.
    Once,
    /// `Cond.Signal` or `Broadcast`.
    CondSignal,
    /// `Cond.Wait` returned.
    CondWait,
    /// An atomic load.
    AtomicLoad,
    /// An atomic store.
    AtomicStore,
    /// An atomic read-modify-write.
    AtomicRmw,
    /// A `go` statement.
    Go,
    /// The start of the goroutine itself.
    Start,
    /// The bare acquire hook.
    Acquire,
    /// The bare release hook.
    Release,
    /// The bare release-merge hook.
    ReleaseMerge,
    /// The bare release-acquire hook.
    ReleaseAcquire,
}

impl SyncOperation {
    /// The words of the findings format in the order of the variants. One string and not a table of them: a table of
    /// pointers would need relocations, which the runtime object cannot have.
    const WORDS: &'static [u8] = b"mutex_lock mutex_unlock rwmutex_lock rwmutex_unlock \
        rwmutex_rlock rwmutex_runlock chan_send chan_recv chan_close wg_done wg_wait once \
        cond_signal cond_wait atomic_load atomic_store atomic_rmw go start acquire release \
        release_merge release_acquire";

    /// The operation's word in the findings format.
    pub fn word(self) -> &'static [u8] {
        Self::WORDS.split(|byte| *byte == b' ').nth(self as usize).unwrap_or(b"unknown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_the_order_of_the_variants() {
        assert_eq!(SyncOperation::MutexLock.word(), b"mutex_lock");
        assert_eq!(SyncOperation::RwMutexRunlock.word(), b"rwmutex_runlock");
        assert_eq!(SyncOperation::ChanRecv.word(), b"chan_recv");
        assert_eq!(SyncOperation::Once.word(), b"once");
        assert_eq!(SyncOperation::AtomicRmw.word(), b"atomic_rmw");
        assert_eq!(SyncOperation::Start.word(), b"start");
        assert_eq!(SyncOperation::ReleaseAcquire.word(), b"release_acquire");
        let count = SyncOperation::WORDS.split(|byte| *byte == b' ').count();
        assert_eq!(count, SyncOperation::ReleaseAcquire as usize + 1);
    }
}
