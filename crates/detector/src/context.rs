//! A goroutine as the engine sees it: its lane and clock, its vector clock, its calling context, and where its history goes.

use crate::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crate::cover::Cover;
use crate::epoch::{Clock, Lane};
use crate::for_assembly::for_assembly;
use crate::history::Chunk;
use crate::memo::{MEMOS, Memo};
use crate::sets::Steps;
use crate::stamp::NO_STAMP;
use crate::tree::Tree;
use core::mem::offset_of;

/// One active call on a goroutine's shadow stack.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Frame {
    /// The return address in the caller (where the call was made).
    pub pc: u64,
    /// How far below the top of its stack the function was entered (bytes); 0 when that is not known. Frames of functions
    /// that were left by a panic are told by it: they lie deeper than the code that runs now.
    pub depth: u32,
    /// Cached position of this frame in the current history chunk: low 12 bits, above them the chunk's generation.
    pub node: u32,
}

/// The state of a live goroutine (or of a timer context). The hooks' assembly reads and writes
/// some of the fields.
#[repr(C, align(64))]
pub struct Context {
    /// The current stamp, shifted left by 8 as in a shadow cell; [`NO_STAMP`] when none was taken since the last release.
    pub stamp: AtomicU32,
    /// The lane.
    pub lane: Lane,
    /// The next free frame of the shadow stack.
    pub top: *mut Frame,
    /// The end of the shadow stack's memory.
    pub limit: *mut Frame,
    /// The bottom of the shadow stack.
    pub base: *mut Frame,
    /// Go's number for the goroutine; 0 until it is learned.
    pub goid: AtomicU64,
    /// Own time. The fast paths read it.
    pub clock: AtomicU32,
    /// Whether something was recorded at `clock`, so that the next release must advance it.
    pub used: bool,
    /// Block class of the shadow stack.
    pub stack_class: u8,
    /// Depth of "ignore synchronisation" sections.
    pub ignore: u16,
    /// What is known of other lanes.
    pub tree: Tree,
    /// One more thing known, not in `tree` yet: the spawner at the time of the `go` statement.
    pub extra: (Lane, Clock),
    /// The newest history chunk; null when nothing was recorded.
    pub chunk: *mut Chunk,
    /// For the fast paths, while a byte of a split word is recorded: its cells.
    pub cell: u64,
    /// Generation of `chunk`, to tell stale cached nodes.
    pub generation: u32,
    /// The clock last written to the history.
    pub history_clock: Clock,
    /// Where the goroutine was created (a stack in the depot).
    pub created: u32,
    /// Which shard of the allocators it uses.
    pub shard: u32,
    /// The lane of the goroutine that started this one.
    pub parent: Lane,
    /// Set for contexts that are no goroutine (timers) or the first one.
    pub flags: u32,
    /// Changes whenever `tree` does.
    pub learned: u32,
    /// The present access's program counter, for the fast paths.
    pub pc: u64,
    /// What reads of shared words led to; null until there was one.
    pub steps: AtomicPtr<Steps>,
    /// What is known of another lane's releases.
    pub whole: Whole,
    /// Which epochs stand for all that `tree` and `extra` say.
    pub(crate) cover: Cover,
    /// [`Context::learned`] at the first release at the clock that is published now; [`Context::UNTOLD`] if there was none.
    pub(crate) told: u32,
    /// Epochs (lane above clock) that were found in `tree`, each at its lane modulo their number: what is known is never forgotten.
    pub known: [AtomicU64; KNOWN],
    /// The synchronisation objects used last.
    pub memos: [Memo; MEMOS],
}

/// Of the releases of `lane`, those after `low` up to `high` are known, and all that was known there: what
/// `Detector::holds_news` found last. The fast paths in assembly look at it, too.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Whole {
    /// The lane; 0 for none.
    pub lane: Lane,
    /// The clock after which this holds.
    pub low: Clock,
    /// The last clock for which it was asked.
    pub high: Clock,
}

impl Whole {
    /// Nothing is known.
    pub const NONE: Whole = Whole { lane: 0, low: 0, high: 0 };
}

/// How many epochs of others a goroutine remembers to know. The fast paths in assembly know it.
pub const KNOWN: usize = 16;

/// [`Context::flags`]: the main goroutine.
pub const FLAG_MAIN: u32 = 1;

const _: () = assert!(size_of::<Context>() == 512);

for_assembly! {
    /// [`Context::stamp`].
    CONTEXT_STAMP = offset_of!(Context, stamp);
    /// [`Context::lane`].
    CONTEXT_LANE = offset_of!(Context, lane);
    /// [`Context::top`].
    CONTEXT_TOP = offset_of!(Context, top);
    /// [`Context::limit`].
    CONTEXT_LIMIT = offset_of!(Context, limit);
    /// [`Context::base`].
    CONTEXT_BASE = offset_of!(Context, base);
    /// [`Context::goid`].
    CONTEXT_GOID = offset_of!(Context, goid);
    /// [`Context::clock`].
    CONTEXT_CLOCK = offset_of!(Context, clock);
    /// [`Context::used`].
    CONTEXT_USED = offset_of!(Context, used);
    /// [`Context::ignore`].
    CONTEXT_IGNORE = offset_of!(Context, ignore);
    /// [`Context::chunk`].
    CONTEXT_CHUNK = offset_of!(Context, chunk);
    /// [`Context::cell`].
    CONTEXT_CELL = offset_of!(Context, cell);
    /// [`Context::generation`].
    CONTEXT_GENERATION = offset_of!(Context, generation);
    /// [`Context::history_clock`].
    CONTEXT_HISTORY_CLOCK = offset_of!(Context, history_clock);
    /// [`Context::shard`].
    CONTEXT_SHARD = offset_of!(Context, shard);
    /// [`Context::pc`].
    CONTEXT_PC = offset_of!(Context, pc);
    /// [`Context::steps`].
    CONTEXT_STEPS = offset_of!(Context, steps);
    /// [`Whole::lane`] of [`Context::whole`].
    CONTEXT_WHOLE_LANE = offset_of!(Context, whole.lane);
    /// [`Whole::low`] of [`Context::whole`].
    CONTEXT_WHOLE_LOW = offset_of!(Context, whole.low);
    /// [`Whole::high`] of [`Context::whole`].
    CONTEXT_WHOLE_HIGH = offset_of!(Context, whole.high);
    /// [`Context::known`].
    CONTEXT_KNOWN = offset_of!(Context, known);
    /// A lane's place among [`Context::known`] is its bits of these.
    KNOWN_MASK = KNOWN - 1;
    /// [`Frame::pc`].
    FRAME_PC = offset_of!(Frame, pc);
    /// [`Frame::depth`]; [`Frame::node`] is written together with it.
    FRAME_DEPTH = offset_of!(Frame, depth);
    /// [`Frame::node`].
    FRAME_NODE = offset_of!(Frame, node);
    /// Bytes of a frame.
    FRAME_SIZE = size_of::<Frame>();
    /// log2 of the bytes of a frame.
    FRAME_SHIFT = size_of::<Frame>().ilog2();
    /// [`NO_STAMP_CELL`].
    NO_STAMP = NO_STAMP_CELL;
}
const _: () = assert!(offset_of!(Frame, node) == offset_of!(Frame, depth) + 4 && KNOWN.is_power_of_two());
const _: () = assert!(size_of::<Frame>().is_power_of_two());

/// `NO_STAMP` as it stands in [`Context::stamp`].
pub const NO_STAMP_CELL: u32 = NO_STAMP << 8;

impl Context {
    /// The odd one out of the values of [`Context::learned`], which are even.
    pub(crate) const UNTOLD: u32 = 1;

    /// Notes that `tree` changes.
    #[inline]
    pub(crate) fn learns(&mut self) {
        self.learned = self.learned.wrapping_add(2);
    }
    /// Notes for the fast paths that `clock` of `lane` is known.
    #[inline]
    pub(crate) fn remember(&self, lane: Lane, clock: Clock) {
        let memo = &self.known[lane as usize % KNOWN];
        let epoch = u64::from(lane) << 32 | u64::from(clock);
        if memo.load(Ordering::Relaxed).wrapping_sub(epoch) >> 32 != 0 {
            memo.store(epoch, Ordering::Relaxed);
        }
    }
    /// The current stamp, [`NO_STAMP`] when there is none.
    #[inline]
    pub fn current_stamp(&self) -> u32 {
        self.stamp.load(Ordering::Relaxed) >> 8
    }
    /// Own time.
    #[inline]
    pub fn now(&self) -> Clock {
        self.clock.load(Ordering::Relaxed)
    }
    /// The own time that a release passes on: the latest at which something was recorded.
    #[inline]
    pub fn published(&self) -> Clock {
        if self.used { self.now() } else { self.now() - 1 }
    }
    /// Frames on the shadow stack, the outermost first.
    pub fn frames(&self) -> &[Frame] {
        // SAFETY: base..top are initialised frames of this goroutine's shadow stack.
        unsafe { core::slice::from_raw_parts(self.base, self.depth()) }
    }
    /// How many frames there are.
    #[inline]
    pub fn depth(&self) -> usize {
        (self.top as usize - self.base as usize) / 16
    }
}
