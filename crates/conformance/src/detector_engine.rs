//! The real engine behind the trait: `hb-detector` in memory of its own.
//!
//! Its regions are cut out of one zeroed allocation, its shadow covers just the addresses that
//! generated programs use. `STAMPS` bounds the names of epochs, so that a small number makes the
//! engine recycle them, and run out of them, within one program. `LIVES` programs are run on one
//! engine one after another: between them every goroutine is ended and all memory given out anew,
//! as happens in a long-lived process.

use crate::engine::{AccessSeen, Context, Engine, RaceSeen};
use crate::generate::{DATA, OBJECTS_END};
use hb_detector::context::FLAG_MAIN;
use hb_detector::epoch::Entry;
use hb_detector::memory::{Memory, PAGE, REGIONS, Region};
use hb_detector::sync::AtomicEffect;
use hb_detector::{CONFLICTS, Conflicts, Detector};
use hb_model::Kind;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::any::Any;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, AtomicU64};

/// Bytes of shadow: one word for each granule of eight bytes.
const SHADOW: usize = ((OBJECTS_END - DATA) as usize).next_multiple_of(8);
/// Bytes of the flags that say which pages of shadow are in use.
const FLAGS: usize = (SHADOW / PAGE + 2).next_multiple_of(64);
/// Room for the engine itself.
const ITSELF: usize = 1 << 16;
/// Regions start at multiples of this.
const ALIGN: usize = 64;
/// The pc that stands for "the engine no longer knows". No event has it, so a report with it is
/// never confirmed: generated programs stay far below the history limit.
const LOST: u64 = 0;

/// Bytes given to a region. Far more than a generated program fills: the pages that are not written
/// cost nothing.
const fn region_bytes(region: Region, stamps: usize) -> usize {
    match region {
        Region::Nodes => 16 << 20,
        Region::NodeRefs => 1 << 20,
        Region::Exts => 4 << 20,
        Region::Blocks => 64 << 20,
        Region::Stamps => stamps * 8,
        Region::StampMarks => 2 * (stamps / 8).next_multiple_of(64),
        // A record for each lane below the number of goroutines that `LIVES` programs can have.
        Region::Lanes => 16 << 20,
        Region::Depot => 4 << 20,
        Region::Splits => 4 << 20,
    }
}

/// One zeroed allocation, and where its parts are.
struct Arena {
    allocation: *mut u8,
    layout: Layout,
    /// Start and length of each part: the engine, the shadow, the flags, then the regions in their
    /// order.
    parts: [(*mut u8, usize); 3 + REGIONS.len()],
}

impl Arena {
    fn new(stamps: usize) -> Self {
        let mut sizes = vec![ITSELF, SHADOW, FLAGS];
        sizes.extend(REGIONS.map(|region| region_bytes(region, stamps)));
        let total: usize = sizes.iter().map(|size| size.next_multiple_of(ALIGN)).sum();
        // Aligned by hand: an alignment that malloc does not give by itself would cost writing all
        // of it.
        let layout = Layout::from_size_align(total + ALIGN, 16).expect("the sizes are small");
        // SAFETY: the layout's size is not zero.
        let allocation = unsafe { alloc_zeroed(layout) };
        if allocation.is_null() {
            handle_alloc_error(layout);
        }
        let mut at = allocation.wrapping_add(allocation.align_offset(ALIGN));
        let parts = std::array::from_fn(|i| {
            let part = (at, sizes[i]);
            at = at.wrapping_add(sizes[i].next_multiple_of(ALIGN));
            part
        });
        Arena { allocation, layout, parts }
    }

    fn offset(addr: usize) -> usize {
        let from = addr.wrapping_sub(DATA as usize);
        assert!(from < SHADOW, "{addr:#x} is not an address of a generated program");
        from
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: it came from this layout, and the engine in it is dropped with it.
        unsafe { dealloc(self.allocation, self.layout) };
    }
}

// SAFETY: the parts are disjoint, aligned, zero at first and live as long as the arena; the offsets
// of distinct granules and pages are distinct because DATA is a multiple of PAGE.
unsafe impl Memory for Arena {
    fn region(&self, region: Region) -> (*mut u8, usize) {
        let index = REGIONS.iter().position(|r| *r == region).expect("every region is listed");
        self.parts[3 + index]
    }

    fn word(&self, addr: usize) -> &AtomicU64 {
        // SAFETY: the shadow has a word for each granule below its size, checked by `offset`.
        unsafe { &*self.parts[1].0.cast::<AtomicU64>().add(Arena::offset(addr) / 8) }
    }

    fn touched(&self, addr: usize) -> &AtomicU8 {
        // SAFETY: there is a flag for each page of the shadow.
        unsafe { &*self.parts[2].0.cast::<AtomicU8>().add(Arena::offset(addr) / PAGE) }
    }

    fn pause(spins: u32) {
        assert!(spins < 1000, "one thread waits for a lock that it holds itself");
    }

    fn span(&self, nth: usize) -> Option<(usize, usize)> {
        (nth == 0).then_some((DATA as usize, OBJECTS_END as usize))
    }

    fn discard(&self, _: *mut u8, _: usize) {}
}

const _: () = assert!((DATA as usize).is_multiple_of(PAGE));
const _: () = assert!(size_of::<Detector<Arena>>() <= ITSELF);

/// An engine and its arena, which the engine owns a handle of.
struct World {
    /// Lives in the arena that its own `memory` field keeps.
    detector: *mut Detector<Arena>,
    /// Contexts of goroutines that have not ended.
    alive: Vec<Context>,
    /// Programs run so far.
    lives: u32,
}

impl World {
    fn new(stamps: usize, looks: bool) -> Self {
        let arena = Arena::new(stamps);
        let at = arena.parts[0].0.cast::<Detector<Arena>>();
        // SAFETY: the part is zeroed, aligned, large enough and used for nothing else; it is freed
        // after its last use, in `drop`.
        let detector = unsafe { Detector::init(at, arena) };
        if looks {
            detector.look_for_unused_lanes_always();
        }
        World { detector: at, alive: Vec::new(), lives: 0 }
    }

    fn detector(&self) -> &Detector<Arena> {
        // SAFETY: it was made in `new` and is freed in `drop` only.
        unsafe { &*self.detector }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // SAFETY: nobody uses the engine after its world. The arena is moved out and frees the
        // memory it was read from.
        drop(unsafe { (&raw const (*self.detector).memory).read() });
    }
}

thread_local! {
    /// The engine whose life goes on, for each kind.
    static RESTING: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// A world at rest, for engines of these parameters.
struct Resting<const STAMPS: usize, const LIVES: u32, const LOOKS: bool>(World);

/// The detector. See the module's documentation for the parameters.
pub struct DetectorEngine<const STAMPS: usize = 65536, const LIVES: u32 = 1, const LOOKS: bool = false> {
    /// `None` only while dropping.
    world: Option<World>,
    races: Vec<RaceSeen>,
}

/// A fresh engine for each program.
pub type Fresh = DetectorEngine<65536, 1>;
/// A fresh engine for each program, with so few stamps that they are recycled and run out.
pub type Starved = DetectorEngine<128, 1>;
/// One engine for many programs.
pub type Veteran = DetectorEngine<1024, 2000>;
/// One engine for many programs, which looks at each start of a goroutine to which idle lanes
/// nothing refers, and hands these on.
pub type Thrifty = DetectorEngine<1024, 2000, true>;

impl<const STAMPS: usize, const LIVES: u32, const LOOKS: bool> DetectorEngine<STAMPS, LIVES, LOOKS> {
    fn world(&self) -> &World {
        self.world.as_ref().expect("only dropping takes it")
    }

    fn detector(&self) -> &Detector<Arena> {
        self.world().detector()
    }

    /// A goroutine's context.
    #[expect(clippy::mut_from_ref, reason = "contexts are apart from the engine, which is shared by design")]
    fn context(&self, c: Context) -> &mut hb_detector::Context {
        assert!(self.world().alive.contains(&c), "the lowering uses only live contexts");
        // SAFETY: it came from `go_start` and was not ended; the one thread uses one context at a
        // time, and `edge` two different ones.
        unsafe { &mut *(c as *mut hb_detector::Context) }
    }

    fn access(&mut self, c: Context, addr: u64, size: u64, write: bool, pc: u64) {
        let mut out = Conflicts::new();
        self.detector().access(self.context(c), addr as usize, size as usize, write, pc, &mut out);
        let kind = if write { Kind::WRITE } else { Kind::READ };
        self.report(&out, kind, pc);
    }

    fn atomic(&mut self, c: Context, addr: u64, size: u64, pc: u64, op: AtomicEffect) {
        let mut out = Conflicts::new();
        self.detector().atomic(self.context(c), addr as usize, size as usize, pc, &mut out, || ((), op));
        let kind = if op == AtomicEffect::Load { Kind::ATOMIC_READ } else { Kind::ATOMIC_WRITE };
        self.report(&out, kind, pc);
    }

    /// Keeps what was found, a report for each byte, with the earlier access's pc as the history
    /// has it.
    fn report(&mut self, out: &Conflicts, kind: Kind, pc: u64) {
        for conflict in out.as_slice() {
            let (granule, earlier) = (conflict.granule, conflict.earlier);
            for byte in (0..8).filter(|byte| earlier.mask() & conflict.mask & 1 << byte != 0) {
                let first = AccessSeen { kind: kind_of(earlier), pc: Some(self.past_pc(granule, earlier, 1 << byte)) };
                let second = AccessSeen { kind, pc: Some(pc) };
                self.races.push(RaceSeen { addr: (granule + byte) as u64, size: 1, first, second });
            }
        }
    }

    fn past_pc(&self, granule: usize, earlier: Entry, mask: u8) -> u64 {
        let mut frames = [0; 4];
        let past = self.detector().past(earlier.lane(), earlier.clock(), granule, mask, earlier.kind(), &mut frames);
        past.map_or(LOST, |past| past.pc)
    }
}

fn kind_of(entry: Entry) -> Kind {
    Kind { write: entry.kind().writes(), atomic: entry.kind().atomic() }
}

impl<const STAMPS: usize, const LIVES: u32, const LOOKS: bool> Drop for DetectorEngine<STAMPS, LIVES, LOOKS> {
    fn drop(&mut self) {
        let Some(mut world) = self.world.take() else { return };
        // After a panic the engine may be in any state.
        if world.lives >= LIVES || std::thread::panicking() {
            return;
        }
        for context in std::mem::take(&mut world.alive) {
            // SAFETY: it came from `go_start` and is not used again.
            unsafe { world.detector().go_end(context as *mut hb_detector::Context) };
        }
        world.detector().forget(0, DATA as usize, (OBJECTS_END - DATA) as usize);
        RESTING.with_borrow_mut(|resting| resting.push(Box::new(Resting::<STAMPS, LIVES, LOOKS>(world))));
    }
}

impl<const STAMPS: usize, const LIVES: u32, const LOOKS: bool> Engine for DetectorEngine<STAMPS, LIVES, LOOKS> {
    const MOST_REPORTS: usize = CONFLICTS;

    fn init() -> (Self, Context) {
        let resting = RESTING.with_borrow_mut(|resting| {
            let at = resting.iter().position(|world| world.is::<Resting<STAMPS, LIVES, LOOKS>>())?;
            resting.swap_remove(at).downcast::<Resting<STAMPS, LIVES, LOOKS>>().ok()
        });
        let mut world = resting.map_or_else(|| World::new(STAMPS, LOOKS), |resting| resting.0);
        world.lives += 1;
        let main = world.detector().go_start(None, 0, FLAG_MAIN) as Context;
        world.alive.push(main);
        (DetectorEngine { world: Some(world), races: Vec::new() }, main)
    }

    fn go_start(&mut self, parent: Context) -> Context {
        let child = self.detector().go_start(Some(self.context(parent)), 1, 0) as Context;
        assert_ne!(child, 0, "out of memory");
        self.world.as_mut().expect("only dropping takes it").alive.push(child);
        child
    }

    fn go_end(&mut self, c: Context) {
        let context: *mut hb_detector::Context = self.context(c);
        // SAFETY: it is a live context, and it is taken off the list of those.
        unsafe { self.detector().go_end(context) };
        self.world.as_mut().expect("only dropping takes it").alive.retain(|alive| *alive != c);
    }

    fn read(&mut self, c: Context, addr: u64, pc: u64) {
        self.access(c, addr, 1, false, pc);
    }

    fn write(&mut self, c: Context, addr: u64, pc: u64) {
        self.access(c, addr, 1, true, pc);
    }

    fn read_range(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.access(c, addr, size, false, pc);
    }

    fn write_range(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.access(c, addr, size, true, pc);
    }

    fn acquire(&mut self, c: Context, addr: u64) {
        self.detector().acquire(self.context(c), addr as usize);
    }

    fn release(&mut self, c: Context, addr: u64) {
        self.detector().release(self.context(c), addr as usize);
    }

    fn release_merge(&mut self, c: Context, addr: u64) {
        self.detector().release_merge(self.context(c), addr as usize);
    }

    fn release_acquire(&mut self, c: Context, addr: u64) {
        self.detector().release_acquire(self.context(c), addr as usize);
    }

    fn lock(&mut self, c: Context, addr: u64, pc: u64) {
        let mut out = Conflicts::new();
        self.detector().take_lock(self.context(c), addr as usize, pc, &mut out);
        self.report(&out, Kind::ATOMIC_WRITE, pc);
    }

    fn lock_shared(&mut self, c: Context, addr: u64, pc: u64) {
        let mut out = Conflicts::new();
        self.detector().take_share(self.context(c), addr as usize, pc, &mut out);
        self.report(&out, Kind::ATOMIC_WRITE, pc);
    }

    fn unlock(&mut self, c: Context, addr: u64, pc: u64) {
        let mut out = Conflicts::new();
        self.detector().give_lock(self.context(c), addr as usize, pc, &mut out);
        self.report(&out, Kind::ATOMIC_WRITE, pc);
    }

    fn unlock_shared(&mut self, c: Context, addr: u64, pc: u64) {
        let mut out = Conflicts::new();
        self.detector().give_share(self.context(c), addr as usize, pc, &mut out);
        self.report(&out, Kind::ATOMIC_WRITE, pc);
    }

    fn touch_lock(&mut self, c: Context, addr: u64, pc: u64) {
        let mut out = Conflicts::new();
        self.detector().touch_lock(self.context(c), addr as usize, pc, &mut out);
        self.report(&out, Kind::ATOMIC_WRITE, pc);
    }

    fn atomic_load(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        // As the runtime does.
        let (ctx, at, bytes) = (self.context(c), addr as usize, size as usize);
        if self.detector().load_recorded(ctx, at, bytes, || ()).is_some()
            || self.detector().load_again(ctx, at, bytes, || ()).is_some()
        {
            return;
        }
        self.atomic(c, addr, size, pc, AtomicEffect::Load);
    }

    fn atomic_store(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.atomic(c, addr, size, pc, AtomicEffect::Store);
    }

    fn atomic_rmw(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.atomic(c, addr, size, pc, AtomicEffect::ReadModifyWrite);
    }

    fn atomic_cas_fail(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.atomic(c, addr, size, pc, AtomicEffect::Load);
    }

    fn malloc(&mut self, addr: u64, size: u64) {
        self.detector().forget(0, addr as usize, size as usize);
    }

    fn free(&mut self, addr: u64, size: u64) {
        self.detector().forget(0, addr as usize, size as usize);
    }

    fn meet(&mut self, c: Context, other: Context, _: u64) {
        assert_ne!(c, other);
        self.detector().meet(self.context(c), self.context(other));
    }

    fn edge(&mut self, from: Context, to: Context) {
        assert_ne!(from, to);
        self.detector().edge(self.context(from), self.context(to));
    }

    fn drain_races(&mut self, sink: &mut Vec<RaceSeen>) {
        sink.append(&mut self.races);
    }
}
