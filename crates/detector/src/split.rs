//! Split words: two cells for each byte of a granule.
//!
//! Bytes that lie in one word and are accessed one by one, or in runs that change, soon belong to several epochs: a buffer that is
//! filled and read again and again, a text that is scanned, small fields side by side. Two cells with masks cannot say that. What would
//! do for each byte alone is then kept for each byte alone: a write cell and a read cell, in which a stamp
//! means what it means in a word's cells, and the same checks and steps apply ([`crate::access`]). What one byte's cells cannot say
//! (accesses in no order) needs a precise record, to which the whole word goes over.
//!
//! A cell here has no mask. In its place is half of the record's generation, which changes at every use of the record. So
//! whoever read a cell of a record that meanwhile belongs to another word fails with its compare-and-swap: a cell read is only
//! believed if the word still refers to the record afterwards, and a cell with the same generation is then the same one.
//!
//! A split word becomes another one (cells, a precise record, nothing) in three steps: its cells are frozen one by one, from
//! the first on, so that one goroutine alone gets them all; the word is stored; the record is freed. Whoever meets a frozen cell reads the word again.

use crate::access::Outcome;
use crate::atomic::{AtomicU64, Ordering};
use crate::context::Context;
use crate::epoch::{Entry, Kind};
use crate::memory::Memory;
use crate::shadow::{Cell, SPLIT, Word};
use crate::{Conflicts, Detector};

/// Bytes of a granule.
const BYTES: usize = 8;
/// The bits of a byte's cells that are not stamps.
const GENERATION: u64 = 0x0000_00ff_0000_00ff;

/// The cells of the bytes of a word: bits 0..8 and 32..40 the record's generation, 8..32 the stamp of the latest write, 40..64 that of the
/// latest read, 0 where there is none. The fast paths in assembly read and write them.
#[repr(C, align(64))]
pub struct Split {
    cells: [AtomicU64; BYTES],
}

const _: () = assert!(size_of::<Split>() == 64);

/// What became of an access.
pub(crate) enum Recorded {
    /// It is recorded.
    Done,
    /// The word has changed, or is about to.
    Changed,
    /// That needs a precise record.
    Precise,
}

#[inline]
fn is_frozen(cells: u64) -> bool {
    cells as u32 >> 8 == SPLIT
}

#[inline]
fn frozen(cells: u64) -> u64 {
    cells & GENERATION | (SPLIT << 8) as u64
}

/// A byte's cells as those of a word whose bytes were all accessed alike.
#[inline]
fn whole(cells: u64) -> (Cell, Cell) {
    (Cell::new(cells as u32 >> 8, 0xff).or_empty(), Cell::new((cells >> 40) as u32, 0xff).or_empty())
}

impl Cell {
    /// The same stamp with all bytes, unless the cell is empty.
    #[inline]
    fn whole(self) -> Self {
        if self.is_empty() { self } else { self.with_mask(0xff) }
    }
    /// Empty without a stamp.
    #[inline]
    fn or_empty(self) -> Self {
        if self.stamp() == 0 { Self(0) } else { self }
    }
}

/// The generation after that of `cells`.
#[inline]
fn next_generation(cells: u64) -> u64 {
    let next = ((cells & 0xff) | (cells >> 24 & 0xff00)) + 1;
    next & 0xff | (next & 0xff00) << 24
}

impl<M: Memory> Detector<M> {
    #[inline]
    fn cells_of(&self, index: u32) -> &[AtomicU64; BYTES] {
        // SAFETY: slots of `splits` stay records for ever, and zero is valid for them.
        unsafe { &(*self.splits.at(index)).cells }
    }

    /// Whether the cells of all bytes of `mask` have this access in the current epoch, or a write that says more.
    #[inline(never)]
    pub(crate) fn known_split(
        &self,
        ctx: &Context,
        granule: usize,
        bits: u64,
        index: u32,
        mask: u8,
        write: bool,
    ) -> bool {
        let own = ctx.current_stamp();
        let cells = self.cells_of(index);
        let all = (0..BYTES).filter(|byte| mask >> byte & 1 != 0).all(|byte| {
            let cell = cells[byte].load(Ordering::Acquire);
            cell as u32 >> 8 == own || !write && (cell >> 40) as u32 == own
        });
        all && self.memory.word(granule).load(Ordering::Acquire) == bits
    }

    /// Records an access of the bytes of `mask` in a split word; takes out of `mask` those that are done.
    // What an access is, in registers: it is called for each.
    #[allow(clippy::too_many_arguments)]
    #[inline(never)]
    pub(crate) fn record_split(
        &self,
        ctx: &Context,
        granule: usize,
        bits: u64,
        index: u32,
        mask: &mut u8,
        kind: Kind,
        out: &mut Conflicts,
    ) -> Recorded {
        let (all, stamp) = (*mask, ctx.current_stamp());
        let word = self.memory.word(granule);
        if all == 0xff && self.join_split(ctx, granule, bits, index, kind) {
            return Recorded::Done;
        }
        while *mask != 0 {
            let byte = mask.trailing_zeros() as usize;
            let cell = &self.cells_of(index)[byte % BYTES];
            let cycle = self.stamps.cycles.load(Ordering::Acquire);
            let old = cell.load(Ordering::Acquire);
            let still = || word.load(Ordering::Acquire) == bits;
            if is_frozen(old) || !still() {
                return Recorded::Changed;
            }
            let (write, read) = whole(old);
            let before = out.len;
            match self.merge(ctx, granule, write, read, stamp, 0xff, kind, still, out) {
                Outcome::Known => {}
                Outcome::Cells(new) => {
                    let new = new & !GENERATION | old & GENERATION;
                    // As in `record`, the names must not have been handed out anew meanwhile.
                    if self.stamps.cycles.load(Ordering::Acquire) != cycle
                        || cell.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire).is_err()
                    {
                        out.len = before;
                        continue;
                    }
                }
                Outcome::Changed => {
                    out.len = before;
                    continue;
                }
                Outcome::Precise => {
                    out.len = before;
                    return Recorded::Precise;
                }
            }
            if out.len != before {
                out.narrow(before, 1 << byte, all);
            }
            *mask &= *mask - 1;
        }
        Recorded::Done
    }

    /// Whether an access of `kind` to all bytes, recorded in these cells, leaves what two cells of the word can say; those then.
    fn joined(&self, ctx: &Context, cells: &[u64; BYTES], kind: Kind) -> Option<u64> {
        let stamp = ctx.current_stamp();
        let mut known = 0;
        let mut before = |stamp_of: u32| {
            stamp_of == 0 || stamp_of == stamp || stamp_of == known || {
                let name = self.stamps.name(stamp_of);
                known = stamp_of;
                name & crate::sets::SET == 0 && self.knows(ctx, (name >> 32) as u32, name as u32)
            }
        };
        let (mut write, mut written) = (0, 0u8);
        for (byte, &cell) in cells.iter().enumerate() {
            let (w, r) = (cell as u32 >> 8, (cell >> 40) as u32);
            if is_frozen(cell) || !before(w) || !before(r) {
                return None;
            }
            if w != 0 {
                if kind == Kind::Read && write != 0 && write != w {
                    return None;
                }
                write = w;
                written |= 1 << byte;
            }
        }
        let all = Cell::new(stamp, 0xff);
        let word = match kind {
            Kind::Read => Word::Cells { write: Cell::new(write, written), read: all },
            _ => Word::Cells { write: all, read: Cell(0) },
        };
        Some(word.pack())
    }

    /// Makes a split word one of two cells again if those can say all after an access to the whole of it that comes after all others.
    fn join_split(&self, ctx: &Context, granule: usize, bits: u64, index: u32, kind: Kind) -> bool {
        let word = self.memory.word(granule);
        let cells = self.cells_of(index).each_ref().map(|cell| cell.load(Ordering::Acquire));
        if self.joined(ctx, &cells, kind).is_none() {
            return false;
        }
        let Some(cells) = self.freeze(word, bits, index) else { return false };
        let Some(joined) = self.joined(ctx, &cells, kind) else {
            self.thaw(index, &cells);
            return false;
        };
        word.store(joined, Ordering::Release);
        self.free_split(ctx.shard, index);
        true
    }

    /// Gives the word of two cells `bits` cells for each byte, if an access of the bytes of `mask` can be recorded there without a precise record
    /// and not in the word's own. Whether the word is to be looked at again.
    #[cold]
    pub(crate) fn split(&self, ctx: &Context, granule: usize, bits: u64, mask: u8, kind: Kind) -> bool {
        let (write, other, read) = match Word::unpack(bits) {
            Word::Cells { write, read } => (write, Cell(0), read),
            Word::Writes { write, other } => (write, other, Cell(0)),
            _ => return true,
        };
        let partial = |mask: u8| mask != 0 && mask != 0xff;
        if !partial(mask) && !partial(write.mask()) && !partial(read.mask()) {
            return false;
        }
        // A set of reads can become that of a byte only if all in it read all bytes that the cell speaks of.
        let mut alike = true;
        self.reads(read.whole(), |old| alike &= old.mask() & read.mask() == read.mask());
        let of = |cell: Cell, byte: usize| if cell.mask() >> byte & 1 != 0 { cell.with_mask(0xff) } else { Cell(0) };
        let written = |byte: usize| of(if other.mask() >> byte & 1 != 0 { other } else { write }, byte);
        let word = self.memory.word(granule);
        let still = || word.load(Ordering::Acquire) == bits;
        if !still() {
            return true;
        }
        let fits = |byte: usize| {
            let stamp = ctx.current_stamp();
            let (write, read) = (written(byte), of(read, byte));
            let outcome = self.merge(ctx, granule, write, read, stamp, 0xff, kind, still, &mut Conflicts::new());
            !matches!(outcome, Outcome::Precise)
        };
        // Bytes with the same cells have the same outcome.
        let mut tried = [false; 8];
        for byte in (0..BYTES).filter(|byte| mask >> byte & 1 != 0) {
            let has = |cell: Cell| usize::from(cell.mask() >> byte & 1);
            let which = has(other) * 4 + has(write) * 2 + has(read);
            alike = alike && (core::mem::replace(&mut tried[which], true) || fits(byte));
        }
        if !alike {
            return !still();
        }
        let index = self.splits.alloc::<M>(ctx.shard);
        if index == 0 {
            return false;
        }
        let cells = self.cells_of(index);
        let generation = next_generation(cells[BYTES - 1].load(Ordering::Relaxed));
        for (byte, cell) in cells.iter().enumerate() {
            let made = u64::from(written(byte).stamp()) << 8 | u64::from(of(read, byte).stamp()) << 40;
            cell.store(made | generation, Ordering::Relaxed);
        }
        let made = Word::Split(index).pack();
        if word.compare_exchange(bits, made, Ordering::AcqRel, Ordering::Acquire).is_err() {
            self.free_split(ctx.shard, index);
        }
        true
    }

    /// Takes the cells of a split word: from now on nobody else changes them or the word. `None`: somebody else did.
    pub(crate) fn freeze(&self, word: &AtomicU64, bits: u64, index: u32) -> Option<[u64; BYTES]> {
        let cells = self.cells_of(index);
        let first = loop {
            let old = cells[0].load(Ordering::Acquire);
            if is_frozen(old) || word.load(Ordering::Acquire) != bits {
                return None;
            }
            if cells[0].compare_exchange(old, frozen(old), Ordering::AcqRel, Ordering::Acquire).is_ok() {
                break old;
            }
        };
        let mut taken = [first; BYTES];
        for (taken, cell) in taken.iter_mut().zip(cells).skip(1) {
            *taken = cell.swap(frozen(first), Ordering::AcqRel);
        }
        Some(taken)
    }

    /// Gives frozen cells back.
    pub(crate) fn thaw(&self, index: u32, taken: &[u64; BYTES]) {
        // The first one last: whoever takes it next finds the others open.
        for (cell, &taken) in self.cells_of(index).iter().zip(taken).rev() {
            cell.store(taken, Ordering::Release);
        }
    }

    /// Frees a record whose cells are frozen, or which no word ever referred to.
    pub(crate) fn free_split(&self, shard: u32, index: u32) {
        // SAFETY: no word refers to it, and whoever has seen one that did finds the word changed or its cells frozen.
        unsafe { self.splits.free::<M>(shard, index) };
    }

    /// The accesses that cells taken by [`Detector::freeze`] stand for.
    pub(crate) fn accesses_in(&self, cells: &[u64; BYTES], mut each: impl FnMut(Entry)) {
        for shift in [8, 40] {
            let mut seen = 0u8;
            for byte in 0..BYTES {
                let stamp = (cells[byte] >> shift) as u32 & SPLIT_STAMPS;
                if stamp == 0 || seen >> byte & 1 != 0 {
                    continue;
                }
                let mut mask = 0;
                for (other, &cell) in cells.iter().enumerate().skip(byte) {
                    if (cell >> shift) as u32 & SPLIT_STAMPS == stamp {
                        mask |= 1 << other;
                    }
                }
                seen |= mask;
                if shift == 8 {
                    let (lane, clock) = self.stamps.epoch(stamp);
                    each(Entry::new(lane, clock, mask, Kind::Write));
                } else {
                    self.reads(Cell::new(stamp, 0xff), |old| each(old.with_mask(mask)));
                }
            }
        }
    }

    /// Gives the stamps in a split word's cells to `mark`; `false` where somebody has them frozen.
    pub(crate) fn stamps_in_split(&self, index: u32, mark: &mut dyn FnMut(u32)) -> bool {
        self.cells_of(index).iter().all(|cell| {
            let cell = cell.load(Ordering::Acquire);
            mark(cell as u32 >> 8);
            mark((cell >> 40) as u32);
            !is_frozen(cell)
        })
    }

    /// Forgets what a split word says of the bytes of `mask`. Nobody accesses these meanwhile.
    #[cold]
    pub(crate) fn forget_split(&self, shard: u32, granule: usize, bits: u64, index: u32, mask: u8) {
        let word = self.memory.word(granule);
        if mask == 0xff {
            // Nobody accesses any of it, so nobody need be kept from it: whoever did would find the word changed, or a cell of another generation.
            if word.compare_exchange(bits, 0, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return self.free_split(shard, index);
            }
            return self.forget_in(shard, granule, mask);
        }
        let mut spins = 0;
        let mut cells = loop {
            if let Some(cells) = self.freeze(word, bits, index) {
                break cells;
            }
            if word.load(Ordering::Acquire) != bits {
                // By somebody who accesses the other bytes.
                return self.forget_in(shard, granule, mask);
            }
            M::pause(spins);
            spins += 1;
        };
        for (byte, cell) in cells.iter_mut().enumerate() {
            if mask >> byte & 1 != 0 {
                *cell &= GENERATION;
            }
        }
        self.thaw(index, &cells);
    }
}

/// The bits of a stamp.
const SPLIT_STAMPS: u32 = (1 << crate::stamp::STAMP_BITS) - 1;
