//! Which stack made an earlier access.
//!
//! Each lane keeps a history of 16-byte events in chunks: the records made (address, size, kind, where), the calling contexts they were
//! made in, the epochs they belong to, and which goroutine had the lane. A calling context is a chain of `Node` events
//! within one chunk: a frame's node is written when the frame first makes a record in that chunk, and cached on the shadow stack.
//! So each chunk stands alone, writing costs no hashing, and dropping the oldest chunk drops nothing that a younger one needs.
//!
//! Only the first access of a goroutine to a location in an epoch is recorded (the others are decided without coming here),
//! which is the one a report names. What is lost when a chunk is dropped is the stack, never the race.
//!
//! A reader may look at a chunk while its owner writes or drops it; it checks the chunk's sequence number afterwards.

pub mod marks;

use crate::Detector;
use crate::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::context::{Context, Frame};
use crate::epoch::{Clock, Kind, Lane};
use crate::for_assembly::for_assembly;
use crate::limits::FRAMES;
use crate::memory::Memory;
use core::mem::offset_of;
use marks::Mark;

/// The head of a chunk; events follow it in the same block. The fast paths in assembly append to it.
#[repr(C)]
pub struct Chunk {
    older: AtomicU32,
    newer: AtomicU32,
    /// Odd while the chunk is not in use; changes at every reuse.
    seq: AtomicU32,
    class: u32,
    count: AtomicU32,
    capacity: u32,
    lane: AtomicU32,
    _pad: u32,
}

const HEAD: usize = size_of::<Chunk>();
/// Bytes of an event.
const EVENT: usize = size_of::<[AtomicU64; 2]>();
/// The first chunk of a goroutine: 512 bytes, 30 events.
const FIRST_CLASS: u32 = 9;
/// Each further chunk has four times the room of the one before: what is logged in a new one begins with the whole calling context.
const GROWTH: u32 = 2;
/// The largest chunk: 64 KiB.
const LAST_CLASS: u32 = 16;

const ADDR_BITS: u32 = 47;
const NODE_BITS: u32 = 12;
/// Where an event's code begins in its first word: behind the address and the low bits of the size.
const CODE_SHIFT: u32 = 61;
/// The low bits of the size, which stand in the first word.
const SIZE_LOW: u64 = (1 << (CODE_SHIFT - ADDR_BITS)) - 1;
/// A node's parent when the chain was cut at [`FRAMES`].
const CUT: u64 = (1 << NODE_BITS) - 1;
const _: () = assert!((1usize << LAST_CLASS) / 16 <= 1 << NODE_BITS);
/// The most bytes one event can speak of.
pub const MAX_EVENT_SIZE: usize = (1 << 19) - 1;

/// Codes of events; the first four are those of [`Kind`].
const NODE: u64 = 4;
const EPOCH: u64 = 5;
const START: u64 = 6;
/// A synchronisation event, see [`marks`].
const MARK: u64 = 7;

for_assembly! {
    /// [`Chunk::count`].
    CHUNK_COUNT = offset_of!(Chunk, count);
    /// [`Chunk::capacity`].
    CHUNK_CAPACITY = offset_of!(Chunk, capacity);
    /// Where the events begin.
    CHUNK_EVENTS = HEAD;
    /// log2 of the bytes of an event.
    EVENT_SHIFT = EVENT.ilog2();
    /// An access: where the size begins in the first word, behind the address, and the node in the second, behind the pc.
    EVENT_ADDR_BITS = ADDR_BITS;
    /// An access: the low bits of the size, and the greatest size that has no others.
    EVENT_SIZE_MASK = SIZE_LOW;
    /// The bit of the first word that an access sets when it writes.
    EVENT_WRITES_BIT = CODE_SHIFT;
    /// A node: the bit of the first word that is its code.
    EVENT_NODE_BIT = CODE_SHIFT + NODE.ilog2();
    /// An epoch: the first word.
    EVENT_EPOCH = EPOCH << CODE_SHIFT;
    /// Bits of a node's place in its chunk; above them a frame keeps the chunk's generation.
    EVENT_NODE_BITS = NODE_BITS;
    /// The bits of a node's place.
    EVENT_NODE_MASK = CUT;
}
const _: () = assert!(EVENT.is_power_of_two() && NODE.is_power_of_two() && Kind::Write as u8 == 1);

#[inline]
fn event(chunk: *mut Chunk, index: u32) -> *mut [AtomicU64; 2] {
    chunk.cast::<u8>().wrapping_add(HEAD + index as usize * EVENT).cast()
}

#[inline]
fn write_event(chunk: *mut Chunk, index: u32, low: u64, high: u64) {
    // SAFETY: callers keep index below the chunk's capacity.
    let slot = unsafe { &*event(chunk, index) };
    slot[0].store(low, Ordering::Relaxed);
    slot[1].store(high, Ordering::Relaxed);
}

#[inline]
fn read_event(chunk: *mut Chunk, index: u32) -> (u64, u64) {
    // SAFETY: callers keep index below the chunk's capacity.
    let slot = unsafe { &*event(chunk, index) };
    (slot[0].load(Ordering::Relaxed), slot[1].load(Ordering::Relaxed))
}

/// Whether a stack is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StackState {
    /// From the access up to the goroutine's start.
    Full,
    /// The outermost frames are missing ([`FRAMES`]).
    Truncated,
    /// The history limit was passed; nothing is known.
    Lost,
}

/// What the history knows of an earlier access.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// The program counter of the access.
    pub pc: u64,
    /// Where the access began.
    pub addr: usize,
    /// How long it was, in bytes (1 for a scalar of any size: the compiler passes none).
    pub size: usize,
    /// Frames written to the caller's buffer, the access's own pc first.
    pub frames: usize,
    /// Whether they are all.
    pub state: StackState,
    /// The goroutine's number, 0 if unknown.
    pub goid: u64,
    /// Where it was created, as a stack in the depot; 0 if unknown.
    pub created: u32,
    /// Go's number of the goroutine that started it, 0 if unknown.
    pub parent_goid: u64,
    /// The last synchronisation before the access.
    pub before: Option<Mark>,
    /// The first synchronisation after it.
    pub after: Option<Mark>,
}

impl<M: Memory> Detector<M> {
    /// Records an access of `ctx` of `size <= MAX_EVENT_SIZE` bytes. `pc` is the return address of the hook.
    pub(crate) fn log_access(&self, ctx: &mut Context, addr: usize, size: usize, kind: Kind, pc: u64) {
        let (size, code) = (size as u64, kind as u64);
        let depth = ctx.depth();
        let (chunk, node) = 'found: {
            let chunk = ctx.chunk;
            if !chunk.is_null() {
                // SAFETY: the context's chunk is a live chunk that only its goroutine writes.
                let (count, capacity) = unsafe { ((*chunk).count.load(Ordering::Relaxed), (*chunk).capacity) };
                let missing = self.missing_nodes(ctx);
                if (count as usize) + missing + 2 <= capacity as usize {
                    break 'found (chunk, self.write_nodes(ctx, chunk, missing));
                }
            }
            let Some(chunk) = self.new_chunk(ctx, if depth < FRAMES { depth } else { FRAMES }) else {
                return;
            };
            let missing = self.missing_nodes(ctx);
            (chunk, self.write_nodes(ctx, chunk, missing))
        };
        // SAFETY: as above.
        let count_at = unsafe { &(*chunk).count };
        let mut count = count_at.load(Ordering::Relaxed);
        let now = ctx.now();
        if ctx.history_clock != now {
            ctx.history_clock = now;
            write_event(chunk, count, EPOCH << CODE_SHIFT, now as u64);
            count += 1;
        }
        let low = addr as u64 & ((1 << ADDR_BITS) - 1) | (size & SIZE_LOW) << ADDR_BITS | code << CODE_SHIFT;
        let high = pc & ((1 << ADDR_BITS) - 1)
            | node << ADDR_BITS
            | (size >> SIZE_LOW.count_ones()) << (ADDR_BITS + NODE_BITS);
        write_event(chunk, count, low, high);
        count_at.store(count + 1, Ordering::Release);
    }

    /// How many of the innermost frames have no node in the current chunk.
    #[inline]
    fn missing_nodes(&self, ctx: &Context) -> usize {
        let mut missing = 0;
        let mut at = ctx.top;
        while at > ctx.base && missing < FRAMES {
            at = at.wrapping_sub(1);
            // SAFETY: base <= at < top: an initialised frame.
            let node = unsafe { (*at).node };
            if node >> NODE_BITS == ctx.generation {
                break;
            }
            missing += 1;
        }
        missing
    }

    /// Writes nodes for the `missing` innermost frames; returns the node of the innermost one.
    #[inline]
    fn write_nodes(&self, ctx: &mut Context, chunk: *mut Chunk, missing: usize) -> u64 {
        let first = ctx.top.wrapping_sub(missing);
        let mut parent = if first > ctx.base {
            // SAFETY: base <= first - 1 < top.
            let below = unsafe { (*first.wrapping_sub(1)).node };
            if below >> NODE_BITS == ctx.generation { (below as u64) & CUT } else { CUT }
        } else {
            0
        };
        if missing > 0 {
            // SAFETY: the context's chunk.
            let count_at = unsafe { &(*chunk).count };
            let mut count = count_at.load(Ordering::Relaxed);
            for i in 0..missing {
                // SAFETY: base <= first + i < top.
                let frame: &mut Frame = unsafe { &mut *first.wrapping_add(i) };
                write_event(chunk, count, NODE << CODE_SHIFT | parent, frame.pc);
                frame.node = count | ctx.generation << NODE_BITS;
                parent = count as u64;
                count += 1;
            }
            count_at.store(count, Ordering::Release);
        }
        parent
    }

    /// Starts a new chunk with room for `depth` nodes and more.
    #[cold]
    fn new_chunk(&self, ctx: &mut Context, depth: usize) -> Option<*mut Chunk> {
        let lane = self.lane_info(ctx.lane);
        let newest = lane.newest.load(Ordering::Relaxed);
        // 29 bits of the spawner's number; a larger one is not told.
        let parent = lane.parent_goid.load(Ordering::Relaxed);
        let parent = if parent >> 29 == 0 { parent } else { 0 };
        let start = (START << CODE_SHIFT | parent << 32 | u64::from(ctx.created), ctx.goid.load(Ordering::Relaxed));
        let mut class = FIRST_CLASS;
        if !ctx.chunk.is_null() {
            // SAFETY: a live chunk of our lane.
            class = unsafe { (*ctx.chunk).class } + GROWTH;
        }
        if ctx.chunk.is_null() && newest != 0 && !self.tells_sync.load(Ordering::Relaxed) {
            // The lane's last owner has ended: what is left of its last chunk will do. (Not where synchronisation is told, too: whose
            // an event is, is seen there by the chunk.)
            let chunk = self.blocks.at::<Chunk>(newest);
            // SAFETY: a live chunk of our lane, which nobody else writes.
            let (count_at, capacity) = unsafe { (&(*chunk).count, (*chunk).capacity) };
            let count = count_at.load(Ordering::Relaxed);
            if count as usize + depth * 2 + 8 <= capacity as usize {
                write_event(chunk, count, start.0, start.1);
                count_at.store(count + 1, Ordering::Release);
                self.adopt_chunk(ctx, chunk);
                return Some(chunk);
            }
        }
        let pressed = self.history_pressed();
        if pressed && class > FIRST_CLASS + 3 {
            class = FIRST_CLASS + 3;
        }
        while ((1usize << class) - HEAD) / 16 < depth * 2 + 4 {
            class += 1;
        }
        if class > LAST_CLASS {
            class = LAST_CLASS;
        }
        // Room for it: the oldest chunks go, but never the one that is being left.
        let mut oldest = lane.oldest.load(Ordering::Relaxed);
        let mut drop_one = pressed;
        while oldest != 0
            && oldest != newest
            && (drop_one || lane.events.load(Ordering::Relaxed) + (1 << class) / 16 > self.history_events())
        {
            drop_one = false;
            self.drop_oldest(ctx.lane, ctx.shard);
            oldest = lane.oldest.load(Ordering::Relaxed);
        }
        let block = self.blocks.alloc(&self.memory, class, ctx.shard);
        if block == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return None;
        }
        let chunk = self.blocks.at::<Chunk>(block);
        let capacity = (((1usize << class) - HEAD) / 16) as u32;
        // SAFETY: the block is ours; a reader with a stale index sees an odd sequence number and an atomic count.
        unsafe {
            (*chunk).seq.store((*chunk).seq.load(Ordering::Relaxed) | 1, Ordering::Relaxed);
            crate::atomic::fence(Ordering::Release);
            (*chunk).older.store(newest, Ordering::Relaxed);
            (*chunk).newer.store(0, Ordering::Relaxed);
            (*chunk).class = class;
            (*chunk).capacity = capacity;
            (*chunk).lane.store(ctx.lane, Ordering::Relaxed);
            write_event(chunk, 0, start.0, start.1);
            (*chunk).count.store(1, Ordering::Relaxed);
            (*chunk).seq.store((*chunk).seq.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        }
        if newest != 0 {
            // SAFETY: as above.
            unsafe { (*self.blocks.at::<Chunk>(newest)).newer.store(block, Ordering::Relaxed) };
        } else {
            lane.oldest.store(block, Ordering::Relaxed);
        }
        lane.newest.store(block, Ordering::Release);
        lane.events.fetch_add((1 << class) / 16, Ordering::Relaxed);
        self.history_bytes.fetch_add(1 << class, Ordering::Relaxed);
        self.adopt_chunk(ctx, chunk);
        Some(chunk)
    }

    /// From now on `ctx` writes to `chunk`, which knows nothing of its frames.
    fn adopt_chunk(&self, ctx: &mut Context, chunk: *mut Chunk) {
        ctx.chunk = chunk;
        ctx.history_clock = 0;
        ctx.generation += 1;
        if ctx.generation >= 1 << (32 - NODE_BITS) {
            // Generations begin again: no cached node may claim one of the new ones.
            let mut at = ctx.base;
            while at < ctx.top {
                // SAFETY: an initialised frame.
                unsafe { (*at).node = 0 };
                at = at.wrapping_add(1);
            }
            ctx.generation = 1;
        }
    }

    /// Frees the oldest chunk of a lane that its caller may write (its goroutine, or the lane is idle and locked).
    pub(crate) fn drop_oldest(&self, lane: Lane, shard: u32) {
        let info = self.lane_info(lane);
        let oldest = info.oldest.load(Ordering::Relaxed);
        if oldest == 0 {
            return;
        }
        let chunk = self.blocks.at::<Chunk>(oldest);
        // SAFETY: a live chunk of the lane.
        let (newer, class) = unsafe {
            (*chunk).seq.store((*chunk).seq.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
            ((*chunk).newer.load(Ordering::Relaxed), (*chunk).class)
        };
        info.oldest.store(newer, Ordering::Relaxed);
        if newer == 0 {
            info.newest.store(0, Ordering::Relaxed);
        } else {
            // SAFETY: a live chunk of the lane.
            unsafe { (*self.blocks.at::<Chunk>(newer)).older.store(0, Ordering::Relaxed) };
        }
        info.events.fetch_sub((1 << class) / 16, Ordering::Relaxed);
        self.history_bytes.fetch_sub(1 << class, Ordering::Relaxed);
        // SAFETY: no longer linked; readers notice by the sequence number (blocks keep being mapped).
        unsafe { self.blocks.free(&self.memory, class, shard, oldest) };
    }

    /// The accesses of one epoch: finds the first that touched a byte of `mask` in the granule at `granule` with `kind`,
    /// and writes its stack to `frames`, the access's own pc first.
    pub fn past(
        &self,
        lane: Lane,
        clock: Clock,
        granule: usize,
        mask: u8,
        kind: Kind,
        frames: &mut [u64],
    ) -> Option<Past> {
        let mut block = self.lane_info(lane).newest.load(Ordering::Acquire);
        let mut budget = 1 << 12;
        while block != 0 && budget > 0 {
            budget -= 1;
            let chunk = self.blocks.at::<Chunk>(block);
            // SAFETY: blocks stay mapped, and these fields are atomics in every chunk that was ever one.
            let (seq, count, older) = unsafe {
                (
                    (*chunk).seq.load(Ordering::Acquire),
                    (*chunk).count.load(Ordering::Acquire),
                    (*chunk).older.load(Ordering::Relaxed),
                )
            };
            // SAFETY: as above.
            if seq & 1 != 0 || unsafe { (*chunk).lane.load(Ordering::Relaxed) } != lane || count > 1 << NODE_BITS {
                return None;
            }
            let found = self.past_in(chunk, count, clock, granule, mask, kind, frames);
            // SAFETY: as above.
            if unsafe { (*chunk).seq.load(Ordering::Acquire) } != seq {
                return None;
            }
            match found {
                Search::Found(mut past) => {
                    // SAFETY: as above.
                    let newer = unsafe { (*chunk).newer.load(Ordering::Relaxed) };
                    if past.before.is_none() && older != 0 {
                        past.before = self.last_mark_before(lane, block);
                    }
                    if past.after.is_none() && newer != 0 {
                        past.after = self.first_mark_in(lane, newer);
                    }
                    return Some(past);
                }
                Search::Older => block = older,
                Search::Nowhere => return None,
            }
        }
        None
    }

    // What is asked for, and where the answer goes.
    #[allow(clippy::too_many_arguments)]
    fn past_in(
        &self,
        chunk: *mut Chunk,
        count: u32,
        clock: Clock,
        granule: usize,
        mask: u8,
        kind: Kind,
        frames: &mut [u64],
    ) -> Search {
        let mut epoch = 0;
        let mut earliest = 0;
        let mut start = (0, 0);
        let mut best = None;
        let (mut mark, mut before, mut after) = (None, None, None);
        let mut i = 0;
        while i < count {
            let (low, high) = read_event(chunk, i);
            match low >> CODE_SHIFT {
                NODE => {}
                EPOCH => {
                    epoch = high as u32;
                    if earliest == 0 {
                        earliest = epoch;
                    }
                    if epoch > clock && (best.is_none() || after.is_some()) {
                        break;
                    }
                }
                // The next owner's.
                START if best.is_some() => break,
                START => start = (low, high),
                MARK => {
                    mark = Some(Mark::of((low, high), epoch));
                    if best.is_some() && after.is_none() {
                        after = mark;
                    }
                }
                code => {
                    if epoch == clock && code == kind as u64 {
                        let at = low as usize & ((1 << ADDR_BITS) - 1);
                        let size = (low >> ADDR_BITS & SIZE_LOW
                            | (high >> (ADDR_BITS + NODE_BITS)) << SIZE_LOW.count_ones())
                            as usize;
                        let size = if size == 0 { 1 } else { size };
                        if at < granule + 8
                            && at + size > granule
                            && crate::shadow::mask_in(granule, at, size) & mask != 0
                        {
                            best = Some((at, size, high));
                            (before, after) = (mark, None);
                        }
                    }
                }
            }
            i += 1;
        }
        let Some((addr, size, high)) = best else {
            return if earliest == 0 || earliest >= clock { Search::Older } else { Search::Nowhere };
        };
        let pc = high & ((1 << ADDR_BITS) - 1);
        let mut n = 0;
        let mut put = |pc: u64| {
            if let Some(slot) = frames.get_mut(n) {
                *slot = pc;
                n += 1;
                true
            } else {
                false
            }
        };
        let mut whole = put(pc);
        let mut node = high >> ADDR_BITS & CUT;
        while node != 0 && whole {
            if node == CUT || node >= count as u64 {
                whole = false;
                break;
            }
            let (low, pc) = read_event(chunk, node as u32);
            whole = put(pc);
            node = if low & CUT < node || low & CUT == CUT { low & CUT } else { CUT };
        }
        Search::Found(Past {
            pc,
            addr,
            size,
            frames: n,
            state: if whole { StackState::Full } else { StackState::Truncated },
            goid: start.1,
            created: start.0 as u32,
            parent_goid: start.0 >> 32 & ((1 << 29) - 1),
            before,
            after,
        })
    }

    /// Whether histories together hold more than they should ([`crate::limits::HISTORY_BYTES`]).
    #[inline]
    pub(crate) fn history_pressed(&self) -> bool {
        self.history_bytes.load(Ordering::Relaxed) > crate::limits::HISTORY_BYTES
    }
}

enum Search {
    Found(Past),
    Older,
    Nowhere,
}

/// The class of a goroutine's first shadow stack: 16 frames.
pub const FIRST_STACK_CLASS: u32 = 8;
const _: () = assert!(FIRST_STACK_CLASS >= 5);

/// Bytes to blocks for shadow stacks.
pub(crate) fn stack_frames(class: u32) -> usize {
    (1usize << class) / size_of::<Frame>()
}
