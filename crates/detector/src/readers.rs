//! The accesses of a precise record that has many: a hash table by lane.
//!
//! A word that many goroutines read (a configuration, a pointer to a shared structure) has an access for each of them. A further
//! read conflicts with none of those, so it must not look at them: it finds the reader's own by its lane. Only a write looks at all.
//! So it is with atomic operations on a counter that order nothing among themselves (`WaitGroup.Done`).
//!
//! The table is a block of 8-byte slots. Slot 0 is the head: how many are in use, and of which kinds. Empty slots are 0.
//! A slot that is in use stays in use until the table is made anew, so that a search may stop at the first empty one.

use crate::Detector;
use crate::epoch::{Entry, Kind, Lane};
use crate::for_assembly::for_assembly;
use crate::memory::Memory;

/// The class of the first table: 16 slots.
pub(crate) const FIRST_TABLE: u8 = 7;
/// In the head: from this bit on, one for each kind that is among the accesses.
const KINDS: u32 = 60;
/// In the head: the number of slots in use.
const LEN: u64 = (1 << KINDS) - 1;
/// 2^32 by the golden ratio, odd: multiplying by it spreads numbers that are close together (Knuth, TAOCP vol. 3, 6.4).
pub(crate) const GOLDEN: u32 = 0x9e37_79b1;
/// The distance of the bits of a lane times [`GOLDEN`] that say where the search for it begins.
const HOME_SHIFT: u32 = 8;

for_assembly! {
    /// log2 of the bytes of a slot.
    TABLE_SLOT_SHIFT = size_of::<Entry>().ilog2();
    /// The factor of the hash of lanes, and of that of steps.
    HASH_FACTOR = GOLDEN;
    /// The search for a lane begins at the bits of its hash from this one on.
    TABLE_HOME_SHIFT = HOME_SHIFT;
    /// Where the head tells of which kinds the accesses are.
    TABLE_KINDS_SHIFT = KINDS;
    /// There, the kinds that write.
    TABLE_WRITES = 1 << Kind::Write as u8 | 1 << Kind::AtomicWrite as u8;
}

/// A table in use: its slots, and how many they are (a power of two).
#[derive(Clone, Copy)]
pub(crate) struct Table {
    slots: *mut Entry,
    capacity: usize,
}

impl Table {
    /// The table in a block of the given class.
    #[inline]
    pub(crate) fn new(slots: *mut Entry, class: u8) -> Self {
        Self { slots, capacity: (1 << class) / size_of::<Entry>() }
    }

    #[inline]
    fn head(&self) -> u64 {
        // SAFETY: the table has a head; whoever looks holds the record's lock.
        unsafe { *self.slots.cast::<u64>() }
    }

    #[inline]
    fn set_head(&self, head: u64) {
        // SAFETY: as above.
        unsafe { *self.slots.cast::<u64>() = head }
    }

    /// Slots in use.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        (self.head() & LEN) as usize
    }

    /// Whether any of the accesses can conflict with one of `kind`.
    #[inline]
    pub(crate) fn conflicts(&self, kind: Kind) -> bool {
        (0..4).any(|bits| self.head() >> (KINDS + u32::from(bits)) & 1 != 0 && kind.conflicts(Kind::from_bits(bits)))
    }

    /// Whether a further access would leave too few empty slots.
    #[inline]
    pub(crate) fn full(&self) -> bool {
        (self.len() + 2) * 4 > self.capacity * 3
    }

    /// Where the search for a lane begins.
    #[inline]
    fn home(&self, lane: Lane) -> usize {
        // Spread, because lanes are dense: neighbours with two accesses each would make one long chain.
        (lane.wrapping_mul(GOLDEN) >> HOME_SHIFT) as usize & (self.capacity - 1)
    }

    /// All slots that may hold accesses.
    #[inline]
    pub(crate) fn slots(&self) -> impl Iterator<Item = *mut Entry> + use<> {
        let (slots, capacity) = (self.slots, self.capacity);
        (1..capacity).map(move |i| slots.wrapping_add(i))
    }

    /// The slots that a search for a lane goes through, each once: from the lane's home on.
    #[inline]
    fn probe(&self, lane: Lane) -> impl Iterator<Item = *mut Entry> + use<> {
        let (slots, mask, home) = (self.slots, self.capacity - 1, self.home(lane));
        (home..home + self.capacity)
            .map(move |at| at & mask)
            .filter(|&at| at != 0)
            .map(move |at| slots.wrapping_add(at))
    }

    /// The slots from a lane's home to the first empty one, exclusive.
    #[inline]
    pub(crate) fn chain(&self, lane: Lane) -> impl Iterator<Item = *mut Entry> + use<> {
        // SAFETY: within the table. Volatile, because readers without the lock come here, too.
        self.probe(lane).take_while(|slot| unsafe { slot.read_volatile() }.0 != 0)
    }

    /// Puts an access into the first empty slot. The table is not full.
    pub(crate) fn insert(&self, entry: Entry) {
        // SAFETY: within the table, whose record's lock is held.
        if let Some(slot) = self.probe(entry.lane()).find(|slot| unsafe { **slot }.0 == 0) {
            // SAFETY: as above.
            unsafe { *slot = entry };
            self.set_head((self.head() + 1) | 1 << (KINDS + entry.kind() as u32));
        }
    }

    /// Puts an access in the place of another of its lane.
    ///
    /// # Safety
    /// `slot` is one of the table's, in use, and the record's lock is held.
    pub(crate) unsafe fn replace(&self, slot: *mut Entry, entry: Entry) {
        // SAFETY: by contract.
        unsafe { *slot = entry };
        self.set_head(self.head() | 1 << (KINDS + entry.kind() as u32));
    }

    /// Puts an access in the place of some other one.
    pub(crate) fn replace_any(&self, entry: Entry) {
        let at = self.home(entry.lane() ^ entry.clock().wrapping_mul(0x9e37_79b9) >> 8).max(1);
        // SAFETY: within the table.
        unsafe { self.replace(self.slots.wrapping_add(at), entry) };
    }
}

impl<M: Memory> Detector<M> {
    /// A new table of a class, empty; `None` when memory is exhausted.
    pub(crate) fn new_table(&self, shard: u32, class: u8) -> Option<(u32, Table)> {
        let block = self.blocks.alloc(&self.memory, u32::from(class), shard);
        if block == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return None;
        }
        let table = Table::new(self.blocks.at(block), class);
        for i in 0..table.capacity {
            // SAFETY: the block is ours and has room for the slots.
            unsafe { table.slots.add(i).write(Entry(0)) };
        }
        Some((block, table))
    }
}
