//! Lanes: who has which, and when one is handed on.
//!
//! A lane whose goroutine has ended is given to a new one that starts its clock above the last used
//! by the old. That is exact when the new goroutine's spawner knows the old one's end: then every
//! old access is ordered before everything the new goroutine does, which is just what sharing a
//! lane says. It holds for everything that was joined (WaitGroup, channel).
//!
//! Goroutines that nobody ever waits for leave lanes that nobody knows. When many of those have
//! gathered it is looked to which of them nothing refers any more (`unused.rs`): these are handed
//! on to anybody, which is exact as well. Only when [`crate::limits::IDLE_LANES`] are left is the
//! one that has waited longest handed on regardless. Then accesses of its old owner that the new
//! owner does not know are taken as ordered before those of the new one: a race between just these
//! may be missed (counted), none is invented: third parties compare clocks as ever, and know of the
//! old owner what they learned from it.

use crate::Detector;
use crate::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::context::Context;
use crate::epoch::{Clock, LANES, Lane};
use crate::for_assembly::for_assembly;
use crate::limits::{IDLE_HISTORIES, IDLE_LANES};
use crate::memory::{Memory, Spin};
use core::cell::UnsafeCell;
use core::mem::offset_of;

/// What is kept per lane. 64 bytes.
#[repr(C, align(64))]
pub struct LaneInfo {
    /// Block of the context of the goroutine that has the lane; 0 when idle.
    pub context: AtomicU32,
    /// The last clock used.
    pub last: AtomicU32,
    /// Next idle lane in the queue.
    next: AtomicU32,
    /// Newest history chunk.
    pub newest: AtomicU32,
    /// Oldest history chunk.
    pub oldest: AtomicU32,
    /// Room for events in the chunks.
    pub events: AtomicU32,
    /// Go's number of the latest owner.
    pub goid: AtomicU64,
    /// Where the latest owner was created.
    pub created: AtomicU32,
    /// The first clock of the latest owner.
    pub first: AtomicU32,
    /// The lane of the latest owner's spawner.
    pub parent: AtomicU32,
    /// Flags of the latest owner.
    pub flags: AtomicU32,
    /// Go's number of the latest owner's spawner; 0 if unknown.
    pub parent_goid: AtomicU64,
    /// Up to this clock, what the lane knew is not known to whoever knows a later one: see
    /// `Detector::holds_news`.
    pub forgotten: AtomicU32,
    /// The last look for unused lanes at which something referred to this one.
    pub(crate) seen: AtomicU32,
}

for_assembly! {
    /// log2 of the bytes of a lane's record.
    LANE_INFO_SHIFT = size_of::<LaneInfo>().ilog2();
    /// [`LaneInfo::context`].
    LANE_INFO_CONTEXT = offset_of!(LaneInfo, context);
}
const _: () = assert!(size_of::<LaneInfo>() == 64);

/// How many lanes are looked at first. They are the lowest of those that became idle lately:
/// whoever waited for a goroutine often starts the next, and goroutines with neighbouring lanes
/// have smaller clocks.
const RECENT: usize = 16;

/// The fewest idle lanes for which it is looked which of them nothing refers to.
const WORTH_A_LOOK: u32 = 8 << 10;

/// The idle lanes: those that are looked at first, from the lowest on, and the queue of all others.
#[repr(C)]
pub struct Idle {
    lock: Spin,
    recent: UnsafeCell<[Lane; RECENT]>,
    recent_len: UnsafeCell<usize>,
    head: UnsafeCell<u32>,
    tail: UnsafeCell<u32>,
    count: UnsafeCell<u32>,
    /// Lanes to which nothing refers: anybody's. They are not counted.
    unused: UnsafeCell<u32>,
    /// How many became idle since it was looked last which of them nothing refers to, and how many
    /// should before it is looked again.
    since: UnsafeCell<u32>,
    wanted: UnsafeCell<u32>,
    looking: UnsafeCell<bool>,
    /// How often it was looked.
    looks: UnsafeCell<u32>,
    /// For tests: whether it is looked whenever a goroutine starts.
    always: AtomicBool,
    /// Lanes ever used.
    pub top: AtomicU32,
}

impl<M: Memory> Detector<M> {
    /// The record of a lane.
    #[inline]
    pub fn lane_info(&self, lane: Lane) -> &LaneInfo {
        // SAFETY: the region has a record for each lane below LANES, zero (valid) from the start.
        unsafe { &*self.lanes.wrapping_add((lane & (LANES - 1)) as usize) }
    }

    /// A lane for a new goroutine started by `parent`, and the clock to start above. 0 when all are
    /// taken.
    pub(crate) fn take_lane(&self, parent: Option<&Context>) -> (Lane, Clock) {
        let idle = &self.idle;
        idle.lock.lock::<M>();
        // Who has no parent may hold a record's lock.
        if parent.is_some() && self.is_worth_a_look() {
            self.find_unused();
        }
        // SAFETY: guarded by the lock.
        let (head, tail, count) = unsafe { (&mut *idle.head.get(), &mut *idle.tail.get(), &mut *idle.count.get()) };
        // SAFETY: guarded by the lock.
        let (recent, recent_len) = unsafe { (&mut *idle.recent.get(), &mut *idle.recent_len.get()) };
        let mut got = 0;
        if let Some(parent) = parent {
            let known = |&lane: &Lane| {
                let last = self.lane_info(lane).last.load(Ordering::Relaxed);
                last < u32::MAX / 2 && self.knows(parent, lane, last)
            };
            let list = &mut recent[..*recent_len];
            if let Some(at) = list.iter().position(known) {
                got = list[at];
                list.copy_within(at + 1.., at);
                *recent_len -= 1;
                *count -= 1;
            } else if *recent_len == RECENT {
                // None will do: one of them makes room, each time another.
                let lane = recent[*count as usize % RECENT];
                recent.copy_within(*count as usize % RECENT + 1.., *count as usize % RECENT);
                *recent_len -= 1;
                self.queue(lane, head, tail);
            }
        }
        // SAFETY: guarded by the lock.
        let unused = unsafe { &mut *idle.unused.get() };
        if got == 0 && *unused != 0 {
            got = *unused;
            let info = self.lane_info(got);
            *unused = info.next.load(Ordering::Relaxed);
            info.forgotten.fetch_max(info.last.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let mut tries = if got == 0 { 4 } else { 0 };
        while *head != 0 && tries > 0 {
            tries -= 1;
            let lane = *head;
            let info = self.lane_info(lane);
            let last = info.last.load(Ordering::Relaxed);
            let known = parent.is_some_and(|p| self.knows(p, lane, last));
            let forced = !known && *count > IDLE_LANES;
            if last < u32::MAX / 2 && (known || forced) {
                if forced {
                    self.limits.reached(&self.limits.lanes_forgotten);
                    info.forgotten.fetch_max(last, Ordering::Relaxed);
                }
                *head = info.next.load(Ordering::Relaxed);
                if *head == 0 {
                    *tail = 0;
                }
                *count -= 1;
                got = lane;
                break;
            }
            if *tail == lane {
                break;
            }
            // Not this one: to the end of the queue.
            *head = info.next.load(Ordering::Relaxed);
            info.next.store(0, Ordering::Relaxed);
            self.lane_info(*tail).next.store(lane, Ordering::Relaxed);
            *tail = lane;
        }
        if got == 0 {
            let top = idle.top.load(Ordering::Relaxed);
            let bytes = (top as usize + 2) * size_of::<LaneInfo>();
            if top + 1 < LANES && self.lanes_extent.reach::<M>(bytes) {
                idle.top.store(top + 1, Ordering::Relaxed);
                got = top + 1;
            }
        }
        idle.lock.unlock();
        let last = if got == 0 { 0 } else { self.lane_info(got).last.load(Ordering::Relaxed) };
        (got, last)
    }

    /// Puts a lane whose goroutine has ended into the queue. Its `last` is set.
    pub(crate) fn retire_lane(&self, mut lane: Lane, shard: u32) {
        let idle = &self.idle;
        idle.lock.lock::<M>();
        // SAFETY: guarded by the lock.
        let (head, tail, count) = unsafe { (&mut *idle.head.get(), &mut *idle.tail.get(), &mut *idle.count.get()) };
        if self.history_pressed() || *count > IDLE_HISTORIES {
            // The history of lanes at the head of the queue goes first; idle lanes are written by
            // nobody else. Some there have lost theirs already.
            let (mut looks, mut dropped) = (4, false);
            while *head != 0 && looks > 0 && !dropped {
                looks -= 1;
                let first = *head;
                while self.lane_info(first).oldest.load(Ordering::Relaxed) != 0 {
                    self.drop_oldest(first, shard);
                    dropped = true;
                }
                if *tail == first {
                    break;
                }
                *head = self.lane_info(first).next.load(Ordering::Relaxed);
                self.queue(first, head, tail);
            }
        }
        *count += 1;
        // SAFETY: guarded by the lock.
        unsafe { *idle.since.get() = (*idle.since.get()).saturating_add(1) };
        // A look that is under way may have missed what it recorded.
        // SAFETY: guarded by the lock.
        self.lane_info(lane).seen.store(unsafe { *idle.looks.get() }, Ordering::Relaxed);
        // SAFETY: guarded by the lock.
        let (recent, recent_len) = unsafe { (&mut *idle.recent.get(), &mut *idle.recent_len.get()) };
        let at = recent[..*recent_len].partition_point(|&other| other < lane);
        if *recent_len < RECENT {
            recent.copy_within(at..*recent_len, at + 1);
            recent[at] = lane;
            *recent_len += 1;
        } else {
            // The highest goes to the queue.
            if at < RECENT {
                let highest = recent[RECENT - 1];
                recent.copy_within(at..RECENT - 1, at + 1);
                recent[at] = lane;
                lane = highest;
            }
            self.queue(lane, head, tail);
        }
        idle.lock.unlock();
    }

    /// Puts a lane at the end of the queue. The lock is held.
    fn queue(&self, lane: Lane, head: &mut Lane, tail: &mut Lane) {
        self.lane_info(lane).next.store(0, Ordering::Relaxed);
        if *tail == 0 {
            *head = lane;
        } else {
            self.lane_info(*tail).next.store(lane, Ordering::Relaxed);
        }
        *tail = lane;
    }

    /// Whether so many lanes are idle that it should be looked which of them nothing refers to. The
    /// lock is held.
    fn is_worth_a_look(&self) -> bool {
        let idle = &self.idle;
        // SAFETY: guarded by the lock.
        let (count, since, wanted, looking) =
            unsafe { (*idle.count.get(), *idle.since.get(), *idle.wanted.get(), *idle.looking.get()) };
        let enough = count >= WORTH_A_LOOK && since >= wanted.max(WORTH_A_LOOK);
        !looking && (enough || idle.always.load(Ordering::Relaxed))
    }

    /// From now on it is looked at the start of each goroutine to which idle lanes nothing refers.
    /// For tests.
    pub fn look_for_unused_lanes_always(&self) {
        self.idle.always.store(true, Ordering::Relaxed);
    }

    /// How many lanes were ever in use.
    pub fn lanes_used(&self) -> u32 {
        self.top_lane()
    }

    /// How often it was looked which lanes nothing refers to.
    pub fn looks_for_unused_lanes(&self) -> u32 {
        self.idle.lock.lock::<M>();
        // SAFETY: guarded by the lock.
        let looks = unsafe { *self.idle.looks.get() };
        self.idle.lock.unlock();
        looks
    }

    /// Takes the lanes to which nothing refers out of the queue. The lock is held, but not
    /// meanwhile.
    #[cold]
    fn find_unused(&self) {
        let idle = &self.idle;
        // SAFETY: guarded by the lock.
        let look = unsafe {
            *idle.looking.get() = true;
            *idle.looks.get() += 1;
            *idle.looks.get()
        };
        idle.lock.unlock();
        let words = self.mark_used_lanes(look);
        idle.lock.lock::<M>();
        // SAFETY: guarded by the lock.
        let (head, tail, count) = unsafe { (&mut *idle.head.get(), &mut *idle.tail.get(), &mut *idle.count.get()) };
        // SAFETY: guarded by the lock.
        let unused = unsafe { &mut *idle.unused.get() };
        // SAFETY: guarded by the lock.
        let (recent, recent_len) = unsafe { (&mut *idle.recent.get(), &mut *idle.recent_len.get()) };
        // Those that are looked at first follow behind the others.
        for lane in recent[..core::mem::take(recent_len)].iter().rev() {
            self.queue(*lane, head, tail);
        }
        let mut lane = core::mem::replace(head, 0);
        *tail = 0;
        while lane != 0 {
            let info = self.lane_info(lane);
            let next = info.next.load(Ordering::Relaxed);
            if Self::is_unused(info, look) {
                info.next.store(*unused, Ordering::Relaxed);
                *unused = lane;
                *count -= 1;
            } else {
                self.queue(lane, head, tail);
            }
            lane = next;
        }
        // SAFETY: guarded by the lock.
        unsafe {
            *idle.since.get() = 0;
            *idle.wanted.get() = words.max(*count);
            *idle.looking.get() = false;
        }
    }

    /// Go's number of the goroutine that started the one numbered `goid`, where some lane's latest
    /// owner is that; else 0.
    pub fn parent_of(&self, goid: u64) -> u64 {
        for lane in 1..=self.top_lane() {
            let info = self.lane_info(lane);
            if info.goid.load(Ordering::Relaxed) == goid {
                return info.parent_goid.load(Ordering::Relaxed);
            }
        }
        0
    }

    /// The highest lane ever used.
    pub(crate) fn top_lane(&self) -> Lane {
        self.idle.top.load(Ordering::Acquire)
    }
}
