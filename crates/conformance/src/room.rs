//! The engine alone, in memory that several threads share: for tests under real threads, and to time it.

use hb_detector::context::FLAG_MAIN;
use hb_detector::memory::{Memory, PAGE, REGIONS, Region};
use hb_detector::{Context, Detector};
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::sync::atomic::{AtomicU8, AtomicU64};

/// Addresses begin at 0 and end here. Shadow that is not written costs nothing.
pub const ADDRESSES: usize = 256 << 20;

/// Memory of the process, zero at first and never freed.
pub struct Room {
    regions: [(*mut u8, usize); REGIONS.len()],
    shadow: *mut AtomicU64,
    flags: *mut AtomicU8,
}

/// Zeroed bytes, aligned to a page by hand: an alignment that malloc does not give by itself would cost writing all of it.
fn zeroed(bytes: usize) -> *mut u8 {
    let layout = Layout::from_size_align(bytes + 4096, 16).expect("the sizes are in range");
    // SAFETY: no size is 0.
    let at = unsafe { alloc_zeroed(layout) };
    if at.is_null() {
        handle_alloc_error(layout);
    }
    at.wrapping_add(at.align_offset(4096))
}

fn size_of_region(region: Region) -> usize {
    match region {
        Region::Nodes | Region::Exts => 1 << 30,
        Region::NodeRefs => 64 << 20,
        Region::Blocks => 4 << 30,
        Region::Stamps => 128 << 20,
        Region::StampMarks => 4 << 20,
        Region::Lanes => 256 << 20,
        Region::Depot => 67 << 20,
        Region::Splits => 1 << 30,
    }
}

// SAFETY: the parts are allocations of their own, zero, aligned and never freed; one word for each granule, one flag for each page.
unsafe impl Memory for Room {
    fn region(&self, region: Region) -> (*mut u8, usize) {
        let at = REGIONS.iter().position(|r| *r == region).expect("every region is listed");
        self.regions[at]
    }
    fn word(&self, addr: usize) -> &AtomicU64 {
        assert!(addr < ADDRESSES);
        // SAFETY: within the shadow.
        unsafe { &*self.shadow.add(addr / 8) }
    }
    fn touched(&self, addr: usize) -> &AtomicU8 {
        assert!(addr < ADDRESSES);
        // SAFETY: within the flags.
        unsafe { &*self.flags.add(addr / PAGE) }
    }
    fn pause(spins: u32) {
        if spins < 64 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
    fn span(&self, nth: usize) -> Option<(usize, usize)> {
        (nth == 0).then_some((0, ADDRESSES))
    }
    fn discard(&self, _: *mut u8, _: usize) {}
}

// SAFETY: the pointers are to memory that is shared by intent, through atomics and under the engine's locks.
unsafe impl Send for Room {}
// SAFETY: as above.
unsafe impl Sync for Room {}

/// An engine that lives as long as the process.
pub fn engine() -> &'static Detector<Room> {
    let room = Room {
        regions: REGIONS.map(|region| (zeroed(size_of_region(region)), size_of_region(region))),
        shadow: zeroed(ADDRESSES).cast(),
        flags: zeroed(ADDRESSES / PAGE).cast(),
    };
    let itself = zeroed(size_of::<Detector<Room>>()).cast();
    // SAFETY: zeroed, aligned, large enough and never freed.
    unsafe { Detector::init(itself, room) }
}

/// A goroutine of the engine, to be used by one thread at a time.
pub struct Goroutine {
    engine: &'static Detector<Room>,
    context: *mut Context,
}

// SAFETY: the context is used by whoever has the goroutine, and by nobody else.
unsafe impl Send for Goroutine {}

impl Goroutine {
    /// The first one.
    pub fn main(engine: &'static Detector<Room>) -> Self {
        Self { engine, context: engine.go_start(None, 1, FLAG_MAIN) }
    }

    /// Starts another.
    pub fn start(&mut self) -> Self {
        let engine = self.engine;
        Self { engine, context: engine.go_start(Some(self.context()), 1, 0) }
    }

    /// Its context.
    pub fn context(&mut self) -> &mut Context {
        // SAFETY: it came from `go_start`, has not ended, and only `self` knows of it.
        unsafe { &mut *self.context }
    }

    /// Ends it.
    pub fn end(self) {
        // SAFETY: as above; it goes with `self`.
        unsafe { self.engine.go_end(self.context) }
    }
}
