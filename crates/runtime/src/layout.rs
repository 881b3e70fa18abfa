//! Where everything lies in the address space.
//!
//! Go begins the heap of a race-enabled program somewhere in `[0xc0_0000_0000, 0xe0_0000_0000)`; shadow for it lies at a constant
//! distance, byte for byte. Data segments lie near the executable's base, anywhere; their shadow lies at a distance that is
//! found at start-up. All of the rest lies at constant addresses.
//!
//! These are far from where the kernel puts mappings by itself, so they need not be held before they are used. What is mapped counts
//! against limits (`ulimit -v`, `ulimit -d`, strict overcommitting) and is locked by `mlockall` whether it was touched or not. So shadow is
//! mapped with each arena of the heap, and everything else step by step ([`Extent`]).

use core::mem::offset_of;
use core::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use hb_detector::contract::Constants;
use hb_detector::extent::Extent;
use hb_detector::memory::{Memory, PAGE, Region};

use crate::{engine, sys};

/// The state ([`crate::engine`]) and the memory for reports.
pub const STATE: usize = 0x1000_0000_0000;
/// Bytes mapped at [`STATE`].
pub const STATE_BYTES: usize = 8 << 20;

/// The first address that the heap can have.
pub const HEAP: usize = 0xc0_0000_0000;
/// Where the heap ends at the latest. Go begins new parts of it below `0xe0_0000_0000`, but one can be large.
pub const HEAP_END: usize = STATE;
/// Distance from a heap address to its shadow.
pub const HEAP_SHADOW: usize = 0x2000_0000_0000;
/// Shadow of the data segments.
pub const DATA_SHADOW: usize = 0x1100_0000_0000;
/// The most bytes of data segments.
const DATA_MAX: usize = 1 << 36;
/// One flag for each page ([`PAGE`]) of the heap.
const HEAP_TOUCHED: usize = 0x1200_0000_0000;
/// One flag for each page of the data segments.
const DATA_TOUCHED: usize = 0x1210_0000_0000;
/// Where blocks were allocated ([`crate::blocks`]); mapped only where that is noted.
pub const ALLOCATIONS: usize = 0x1220_0000_0000;
/// Bytes of it.
pub const ALLOCATIONS_BYTES: usize = 10 << 20;
/// One flag for each [`GROUP`] of the heap: memory for its shadow was got.
const HEAP_GROUPS: usize = 0x1230_0000_0000;
/// Bytes of shadow for which memory is got at once. A fault for each page, first by a read and then by a write, costs several times as much.
pub const GROUP: usize = 32 << 10;
/// The engine's regions, one after the other.
const REGIONS: usize = 0x1300_0000_0000;
const REGION_STEP: usize = 0x40_0000_0000;

const _: () = assert!(HEAP_SHADOW.is_multiple_of(8) && HEAP.is_multiple_of(PAGE) && HEAP_END.is_multiple_of(PAGE));
const _: () = assert!(DATA_SHADOW + DATA_MAX <= HEAP_TOUCHED);
const _: () = assert!(HEAP_TOUCHED + (HEAP_END - HEAP) / PAGE <= DATA_TOUCHED);
const _: () = assert!(DATA_TOUCHED + DATA_MAX / PAGE <= ALLOCATIONS && ALLOCATIONS + ALLOCATIONS_BYTES <= HEAP_GROUPS);
const _: () = assert!(HEAP_GROUPS + (HEAP_END - HEAP) / GROUP <= REGIONS);
const _: () = assert!(REGIONS + hb_detector::memory::REGIONS.len() * REGION_STEP <= HEAP + HEAP_SHADOW);

// Shadow of the heap is found by setting a bit.
const _: () = assert!(HEAP_SHADOW.is_power_of_two() && (HEAP_END - 1) & HEAP_SHADOW == 0);
const _: () = assert!(PAGE.is_power_of_two() && GROUP.is_power_of_two());

/// What the assembly knows of the address space: see [`crate::contract`].
pub const FOR_ASSEMBLY: Constants = &[
    // Setting this bit of an address in the heap gives that of its shadow.
    ("HEAP_SHADOW_BIT", HEAP_SHADOW.ilog2() as u64),
    // The distance of the shadow of the data segments is stored here (`Map::data_distance`).
    ("DATA_DISTANCE", (STATE + offset_of!(Map, data_distance)) as u64),
    // The flag of a page of the heap lies at the number of the page of its shadow, counted from here; so does that of a group.
    ("PAGE_SHIFT", PAGE.ilog2() as u64),
    ("PAGE_FLAGS", (HEAP_TOUCHED - (HEAP + HEAP_SHADOW) / PAGE) as u64),
    ("GROUP_SHIFT", GROUP.ilog2() as u64),
    ("GROUP_FLAGS", (HEAP_GROUPS - (HEAP + HEAP_SHADOW) / GROUP) as u64),
    // Where the heap may lie.
    ("HEAP_START", HEAP as u64),
    ("HEAP_END", HEAP_END as u64),
    // Tables of the engine.
    ("LANE_INFOS", region_base(Region::Lanes) as u64),
    ("EXTS", region_base(Region::Exts) as u64),
    ("SPLITS", region_base(Region::Splits) as u64),
    ("STAMPS", region_base(Region::Stamps) as u64),
    ("BLOCKS", region_base(Region::Blocks) as u64),
];

const fn region_base(region: Region) -> usize {
    REGIONS + region as usize * REGION_STEP
}

/// The program's memory and its shadow. Part of the state.
#[repr(C)]
pub struct Map {
    /// What to add to an address in the data segments for its shadow (wrapping). Read by the fast paths.
    pub data_distance: AtomicUsize,
    /// What to add to the number of a page in the data segments for its flag (wrapping).
    data_flags: AtomicUsize,
    data: [AtomicUsize; 2],
    heap: [AtomicUsize; 2],
    gap_count: AtomicUsize,
    gaps: [[AtomicUsize; 2]; GAPS],
    touched: Extent,
    groups: Extent,
}

/// How many times the heap can go on elsewhere because something lies in its way.
const GAPS: usize = 16;

fn size_of_region(region: Region) -> usize {
    match region {
        Region::Nodes => 8 << 30,
        Region::NodeRefs => 512 << 20,
        Region::Exts => 16 << 30,
        Region::Blocks => 64 << 30,
        Region::Stamps => 64 << 20,
        Region::StampMarks => 2 << 20,
        Region::Lanes => 256 << 20,
        Region::Depot => 67 << 20,
        Region::Splits => 16 << 30,
    }
}

/// A mapping that could not be made.
pub struct NoRoom {
    /// Its bytes.
    pub bytes: usize,
    /// Negated errno.
    pub error: isize,
}

/// Maps zeros: shadow and records, which are small things far apart, so huge pages would multiply what is used, and which say nothing to
/// whoever reads a core dump.
fn map(addr: usize, bytes: usize, access: usize) -> Result<(), NoRoom> {
    let error = sys::map_fixed(addr, bytes, access);
    if error < 0 {
        return Err(NoRoom { bytes, error });
    }
    for advice in [sys::MADV_NOHUGEPAGE, sys::MADV_DONTDUMP] {
        // SAFETY: the advice changes no contents.
        unsafe { sys::advise(addr, bytes, advice) };
    }
    Ok(())
}

fn unmap(addr: usize, bytes: usize) {
    // SAFETY: mapped by the caller just now, and nobody has used it.
    unsafe { sys::unmap(addr, bytes) };
}

/// Maps the state: what is needed before anything else.
pub fn map_state() -> Result<(), NoRoom> {
    map(STATE, STATE_BYTES, sys::PROT_READ_WRITE)
}

impl Map {
    /// Makes the first use of memory that is zero but for this.
    pub fn begin(&mut self) {
        self.touched = Extent::new(HEAP_TOUCHED as *mut u8, (HEAP_END - HEAP) / PAGE);
        self.groups = Extent::new(HEAP_GROUPS as *mut u8, (HEAP_END - HEAP) / GROUP);
    }

    /// Makes shadow for `[addr, addr + size)`: data segments, or an arena of the heap. `Ok(false)`: such an address can't be had. Called by
    /// one thread at a time.
    pub fn add(&self, addr: usize, size: usize) -> Result<bool, NoRoom> {
        let end = addr + size;
        if addr >= HEAP && end <= HEAP_END {
            return self.add_arena(addr, end).map(|()| true);
        }
        if self.data[1].load(Ordering::Relaxed) != 0 || size > DATA_MAX {
            return Ok(false);
        }
        let start = addr & !(PAGE - 1);
        let bytes = (end - start + 4095) & !4095;
        map(DATA_SHADOW, bytes, sys::PROT_READ_WRITE)?;
        map(DATA_TOUCHED, (bytes / PAGE + 4095) & !4095, sys::PROT_READ_WRITE)?;
        self.data_distance.store(DATA_SHADOW.wrapping_sub(start), Ordering::Relaxed);
        self.data_flags.store(DATA_TOUCHED.wrapping_sub(start / PAGE), Ordering::Relaxed);
        self.data[0].store(addr, Ordering::Relaxed);
        self.data[1].store(end, Ordering::Release);
        Ok(true)
    }

    /// Go looks whether an address lies between its first arena and its last one. What lies between two of them (where something else was in
    /// the way of the heap) has shadow that can only be read: the fast paths find it empty, and [`Map::has`] says that it is none.
    fn add_arena(&self, addr: usize, end: usize) -> Result<(), NoRoom> {
        let (first, last) = (self.heap[0].load(Ordering::Relaxed), self.heap[1].load(Ordering::Relaxed));
        let flags = (end.next_multiple_of(GROUP) - HEAP) / PAGE;
        if !self.touched.reach::<Self>(flags) || !self.groups.reach::<Self>((end - HEAP).div_ceil(GROUP)) {
            return Err(NoRoom { bytes: flags, error: sys::ENOMEM });
        }
        let count = self.gap_count.load(Ordering::Relaxed);
        let gap = first != 0 && addr > last;
        if gap && count == GAPS {
            return Err(NoRoom { bytes: addr - last, error: sys::EEXIST });
        }
        map(addr + HEAP_SHADOW, end - addr, sys::PROT_READ_WRITE)?;
        if gap {
            if let Err(error) = map(last + HEAP_SHADOW, addr - last, sys::PROT_READ) {
                unmap(addr + HEAP_SHADOW, end - addr);
                return Err(error);
            }
            if let Some(place) = self.gaps.get(count) {
                place[0].store(last, Ordering::Relaxed);
                place[1].store(addr, Ordering::Relaxed);
            }
            self.gap_count.store(count + 1, Ordering::Release);
        }
        if first == 0 {
            self.heap[0].store(addr, Ordering::Release);
        }
        self.heap[1].fetch_max(end, Ordering::Release);
        Ok(())
    }

    /// Whether the address has shadow.
    #[inline]
    pub fn has(&self, addr: usize) -> bool {
        self.in_heap(addr)
            || (addr >= self.data[0].load(Ordering::Relaxed) && addr < self.data[1].load(Ordering::Relaxed))
    }

    /// Whether the address lies in an arena of the heap.
    #[inline]
    pub fn in_heap(&self, addr: usize) -> bool {
        addr >= self.heap[0].load(Ordering::Relaxed)
            && addr < self.heap[1].load(Ordering::Relaxed)
            && !self.in_gap(addr)
    }

    /// Whether the address lies between two parts of the heap, where there may be anything.
    #[inline]
    pub fn in_gap(&self, addr: usize) -> bool {
        let count = self.gap_count.load(Ordering::Acquire);
        count != 0
            && self
                .gaps
                .iter()
                .take(count)
                .any(|[start, end]| (start.load(Ordering::Relaxed)..end.load(Ordering::Relaxed)).contains(&addr))
    }
}

/// The flag of a heap address's [`GROUP`].
pub fn group(addr: usize) -> &'static AtomicU8 {
    // SAFETY: the heap's flags are mapped with its arenas and never unmapped, and only used as atomics.
    unsafe { &*(((addr - HEAP) / GROUP + HEAP_GROUPS) as *const AtomicU8) }
}

// SAFETY: what of the regions is usable was mapped by `extend`, and is never unmapped. Shadow words of the heap and of the
// data segments lie in disjoint mappings, at constant distances; so do the flags.
unsafe impl Memory for Map {
    fn region(&self, region: Region) -> (*mut u8, usize) {
        (region_base(region) as *mut u8, size_of_region(region))
    }

    fn extend(at: *mut u8, bytes: usize) -> bool {
        match map(at as usize, bytes, sys::PROT_READ_WRITE) {
            Ok(()) => true,
            Err(error) => engine::goes_without(error),
        }
    }

    #[inline]
    fn word(&self, addr: usize) -> &AtomicU64 {
        let at = if (HEAP..HEAP_END).contains(&addr) {
            addr + HEAP_SHADOW
        } else {
            addr.wrapping_add(self.data_distance.load(Ordering::Relaxed))
        } & !7;
        // SAFETY: addresses that reach the engine have shadow, which is mapped and only used as atomics.
        unsafe { &*(at as *const AtomicU64) }
    }

    #[inline]
    fn touched(&self, addr: usize) -> &AtomicU8 {
        let at = if (HEAP..HEAP_END).contains(&addr) {
            (addr - HEAP) / PAGE + HEAP_TOUCHED
        } else {
            (addr / PAGE).wrapping_add(self.data_flags.load(Ordering::Relaxed))
        };
        // SAFETY: as above.
        unsafe { &*(at as *const AtomicU8) }
    }

    fn prepare(&self, addr: usize) {
        if (HEAP..HEAP_END).contains(&addr) {
            let flag = group(addr);
            if flag.load(Ordering::Relaxed) == 0 {
                flag.store(1, Ordering::Relaxed);
                self.populate(((addr & !(GROUP - 1)) + HEAP_SHADOW) as *mut u8, GROUP);
            }
        }
    }

    fn populate(&self, base: *mut u8, size: usize) {
        // Where the system does not know how (before Linux 5.14) the pages come one by one.
        // SAFETY: the advice changes no contents.
        unsafe { sys::advise(base as usize, size, sys::MADV_POPULATE_WRITE) };
    }

    fn pause(spins: u32) {
        if spins < 64 {
            core::hint::spin_loop();
        } else {
            sys::sched_yield();
        }
    }

    fn span(&self, nth: usize) -> Option<(usize, usize)> {
        let ends = match nth {
            0 => &self.data,
            1 => &self.heap,
            _ => return None,
        };
        Some((ends[0].load(Ordering::Acquire), ends[1].load(Ordering::Acquire)))
    }

    fn discard(&self, base: *mut u8, size: usize) {
        // SAFETY: the block is free: nobody counts on its contents.
        unsafe { sys::advise(base as usize, size & !4095, sys::MADV_DONTNEED) };
    }
}
