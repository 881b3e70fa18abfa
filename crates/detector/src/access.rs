//! Plain accesses: check them against what is known of their bytes, and record them.
//!
//! Source: FastTrack (PLDI 2009), with byte masks, and with one difference: an access that is not ordered after a recorded one is
//! kept beside it, not in its place, so that a later access is checked against both. What is ordered before a new access and covered by
//! it ([`crate::epoch::Kind::covers`]) is dropped, byte by byte. So a location is reported exactly if two of its
//! accesses race, up to [`crate::limits`].

use crate::atomic::Ordering;
use crate::context::Context;
use crate::epoch::{Entry, Kind, LANES};
use crate::history::MAX_EVENT_SIZE;
use crate::memory::{Memory, PAGE};
use crate::sets::Stepped;
use crate::shadow::{Cell, OTHER, Word, is_cells, mask_in};
use crate::split::Recorded;
use crate::stamp::{NO_STAMP, Uses};
use crate::{Conflicts, Detector};

/// What a plain access does to a word of two cells.
pub(crate) enum Outcome {
    /// Nothing to record.
    Known,
    /// The word has changed meanwhile.
    Changed,
    /// This word.
    Cells(u64),
    /// Two cells can't say it.
    Precise,
}

/// The stamps in use by a detector, for their recycling.
struct Users<'a, M: Memory> {
    detector: &'a Detector<M>,
    shard: u32,
}

impl<M: Memory> Uses for Users<'_, M> {
    fn begin(&self) {
        self.detector.close_sets();
    }

    fn roots(&self, mark: &mut dyn FnMut(u32)) {
        for lane in 1..=self.detector.top_lane() {
            if let Some(ctx) = self.detector.context_of(lane) {
                self.detector.roots(ctx, mark);
            }
        }
    }

    fn split(&self, index: u32, mark: &mut dyn FnMut(u32)) -> bool {
        self.detector.stamps_in_split(index, mark)
    }

    fn end(&self, found: impl Fn(u32) -> bool) {
        self.detector.open_sets(self.shard, found);
    }
}

impl<M: Memory> Detector<M> {
    /// A plain access of `size` bytes at `addr`. `pc` is the hook's return address. Races found are put into `out`.
    pub fn access(&self, ctx: &mut Context, addr: usize, size: usize, write: bool, pc: u64, out: &mut Conflicts) {
        let end = addr + size;
        let mut granule = addr & !7;
        let mut logged_to = addr;
        while granule < end {
            let mask = mask_in(granule, addr, size);
            if mask == 0xff && size > 8 {
                let next = self.skip(ctx, granule, end, write);
                if next != granule {
                    granule = next;
                    continue;
                }
            }
            if !self.known(ctx, granule, mask, write) {
                let kind = if write { Kind::Write } else { Kind::Read };
                if granule + 8 > logged_to {
                    let from = if granule > addr { granule } else { addr };
                    let len = (end - from).min(MAX_EVENT_SIZE & !7);
                    ctx.used = true;
                    self.log_access(ctx, from, len, kind, pc);
                    logged_to = from + len;
                }
                if mask == 0xff && granule + 16 <= logged_to {
                    let done = self.sweep(ctx, granule, logged_to, write);
                    if done != granule {
                        granule = done;
                        continue;
                    }
                }
                self.record(ctx, granule, mask, kind, out);
            }
            granule += 8;
        }
    }

    /// Where in `[from, end)` the first word is that does not hold an access of all its bytes in the current epoch, or that is not whole.
    #[inline]
    fn skip(&self, ctx: &Context, from: usize, end: usize, write: bool) -> usize {
        let own = ctx.stamp.load(Ordering::Relaxed) | 0xff;
        let mut at = from;
        while at + 8 <= end {
            let bits = self.memory.word(at).load(Ordering::Acquire);
            if bits as u32 != own && (write || (bits >> 32) as u32 != own) {
                break;
            }
            at += 8;
        }
        at
    }

    /// Records an access of the whole words in `[from, end)`, which stands in the history, as far as cells can say it and all they say comes
    /// before: what [`Detector::merge`] does word by word. Where it stopped.
    fn sweep(&self, ctx: &Context, from: usize, end: usize, write: bool) -> usize {
        let stamp = self.stamp_of(ctx);
        if stamp == NO_STAMP {
            return from;
        }
        let own = Cell::new(stamp, 0xff).0;
        // The name found to come before last, and the recycling cycle in which it stands for that.
        let (mut known, mut cycle) = (stamp, self.stamps.cycles.load(Ordering::Acquire));
        let before = |cell: u32, known: &mut u32| {
            cell == 0 || cell >> 8 == stamp || cell >> 8 == *known || {
                let (lane, clock) = self.stamps.epoch(cell >> 8);
                let ordered = lane < LANES && self.knows(ctx, lane, clock);
                if ordered {
                    *known = cell >> 8;
                }
                ordered
            }
        };
        let mut page = usize::MAX;
        let mut at = from;
        while at + 8 <= end {
            let present = self.stamps.cycles.load(Ordering::Acquire);
            if present != cycle {
                (known, cycle) = (stamp, present);
            }
            let word = self.memory.word(at);
            let bits = word.load(Ordering::Acquire);
            let (write_cell, read_cell) = (bits as u32, (bits >> 32) as u32);
            if write_cell != own && (write || read_cell != own) {
                let other = is_cells(bits) && read_cell & OTHER != 0;
                let upper = if other { read_cell & !OTHER } else { read_cell };
                if !is_cells(bits) || other && !write || !before(write_cell, &mut known) || !before(upper, &mut known) {
                    break;
                }
                if bits == 0 && page != at / PAGE {
                    self.touch(at);
                    page = at / PAGE;
                }
                let new = if write { u64::from(own) } else { u64::from(write_cell) | u64::from(own) << 32 };
                // As in `record`, the names must not have been handed out anew meanwhile.
                if self.stamps.cycles.load(Ordering::Acquire) != cycle
                    || word.compare_exchange(bits, new, Ordering::AcqRel, Ordering::Acquire).is_err()
                {
                    continue;
                }
            }
            at += 8;
        }
        at
    }

    /// Whether the word already holds this access in the current epoch, or a write that says more.
    #[inline]
    fn known(&self, ctx: &Context, granule: usize, mask: u8, write: bool) -> bool {
        let bits = self.memory.word(granule).load(Ordering::Acquire);
        let own = ctx.stamp.load(Ordering::Relaxed);
        let miss = |cell: u32| {
            let x = cell ^ own;
            x >= 256 || mask & !(x as u8) != 0
        };
        if !(miss(bits as u32) && (write || miss((bits >> 32) as u32))) {
            return true;
        }
        match Word::unpack(bits) {
            Word::Precise(index) => self.known_precisely(ctx, index, mask, write),
            Word::Split(index) => self.known_split(ctx, granule, bits, index, mask, write),
            Word::Cells { read, .. } => !write && self.read_in_set(ctx, read, mask),
            Word::Writes { .. } => false,
        }
    }

    /// The stamp of the present epoch; takes one if there is none yet. [`NO_STAMP`] when none can be had.
    #[inline]
    fn stamp_of(&self, ctx: &Context) -> u32 {
        if ctx.current_stamp() == NO_STAMP {
            let (lane, now) = (ctx.lane, ctx.now());
            let mut tries = 0;
            while !self.stamps.take::<M>(ctx.shard, lane, now, &ctx.stamp) {
                tries += 1;
                if tries > 8 || !self.refill_stamps(ctx.shard) {
                    break;
                }
            }
        }
        ctx.current_stamp()
    }

    #[cold]
    pub(crate) fn refill_stamps(&self, shard: u32) -> bool {
        self.stamps.refill(&self.memory, shard, &Users { detector: self, shard })
    }

    fn record(&self, ctx: &mut Context, granule: usize, mut mask: u8, kind: Kind, out: &mut Conflicts) {
        let word = self.memory.word(granule);
        let mut spins = 0;
        loop {
            let before = out.len;
            let cycle = self.stamps.cycles.load(Ordering::Acquire);
            let bits = word.load(Ordering::Acquire);
            if Word::unpack(bits).is_precise() {
                break;
            }
            let stamp = self.stamp_of(ctx);
            if stamp == NO_STAMP {
                break;
            }
            let still = || word.load(Ordering::Acquire) == bits;
            let outcome = match Word::unpack(bits) {
                Word::Cells { write, read } => self.merge(ctx, granule, write, read, stamp, mask, kind, still, out),
                Word::Writes { write, other } => self.merge_writes(ctx, granule, write, other, stamp, mask, kind, out),
                Word::Split(index) => match self.record_split(ctx, granule, bits, index, &mut mask, kind, out) {
                    Recorded::Done => return,
                    Recorded::Changed => {
                        M::pause(spins);
                        spins += 1;
                        continue;
                    }
                    Recorded::Precise => break,
                },
                Word::Precise(_) => break,
            };
            match outcome {
                Outcome::Known => return,
                Outcome::Changed => out.len = before,
                Outcome::Precise => {
                    out.len = before;
                    if !self.split(ctx, granule, bits, mask, kind) {
                        break;
                    }
                }
                Outcome::Cells(new) => {
                    if bits == 0 {
                        self.touch(granule);
                    }
                    // What the names in the word stood for holds if none was handed out anew since: otherwise the word could have lost them
                    // and got them back.
                    if self.stamps.cycles.load(Ordering::Acquire) != cycle {
                        out.len = before;
                        continue;
                    }
                    if word.compare_exchange(bits, new, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                        return;
                    }
                    out.len = before;
                }
            }
        }
        if let Some(mut locked) = self.locked(ctx.shard, granule, true) {
            self.access_locked(&mut locked, ctx, granule, mask, kind, out);
            self.unlock_or_collapse(locked, ctx);
        }
    }

    #[inline]
    // What an access is, in registers: it is called for each.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn merge(
        &self,
        ctx: &Context,
        granule: usize,
        write: Cell,
        read: Cell,
        stamp: u32,
        mask: u8,
        kind: Kind,
        still: impl Fn() -> bool,
        out: &mut Conflicts,
    ) -> Outcome {
        let own = |cell: Cell| cell.stamp() == stamp;
        let ordered = |cell: Cell, out: &mut Conflicts| {
            if cell.is_empty() || own(cell) {
                return true;
            }
            let (lane, clock) = self.stamps.epoch(cell.stamp());
            let ordered = self.knows(ctx, lane, clock);
            if !ordered && cell.mask() & mask != 0 {
                out.push(granule, Entry::new(lane, clock, cell.mask(), Kind::Write), mask);
            }
            ordered
        };
        if kind.writes() {
            let write_before = ordered(write, out);
            let mut read_before = true;
            if !own(read) {
                self.reads(read, |old| {
                    if !self.knows(ctx, old.lane(), old.clock()) {
                        read_before = false;
                        if old.mask() & mask != 0 {
                            out.push(granule, old, mask);
                        }
                    }
                });
            }
            let new_read = if read_before { read.with_mask(read.mask() & !mask) } else { read };
            let new_write = if write.is_empty() {
                Cell::new(stamp, mask)
            } else if own(write) {
                if mask & !write.mask() == 0 && new_read == read {
                    return Outcome::Known;
                }
                Cell::new(stamp, write.mask() | mask)
            } else if write_before && write.mask() & !mask == 0 {
                Cell::new(stamp, mask)
            } else if new_read.is_empty() && (write_before || write.mask() & mask == 0) {
                let other = write.with_mask(write.mask() & !mask);
                return Outcome::Cells(Word::Writes { write: Cell::new(stamp, mask), other }.pack());
            } else {
                return Outcome::Precise;
            };
            Outcome::Cells(Word::Cells { write: new_write, read: new_read }.pack())
        } else {
            ordered(write, out);
            if own(write) && mask & !write.mask() == 0 {
                return Outcome::Known;
            }
            let new_read = if read.is_empty() {
                Cell::new(stamp, mask)
            } else if own(read) {
                if mask & !read.mask() == 0 {
                    return Outcome::Known;
                }
                Cell::new(stamp, read.mask() | mask)
            } else {
                // A read that goes in the place of another, or beside it.
                let mut known = read.mask() & !mask == 0;
                if known {
                    self.reads(read, |old| known &= self.knows(ctx, old.lane(), old.clock()));
                }
                if known {
                    // Of a set that is remembered, too: whether all in it come before is much to find out.
                    match self.step_from_set(ctx, read, mask, still) {
                        Some(Stepped::To(cell)) => cell,
                        Some(Stepped::Changed) => return Outcome::Changed,
                        Some(Stepped::Refused) | None => Cell::new(stamp, mask),
                    }
                } else if self.in_order(ctx, read) {
                    // What is in the way are only the bytes.
                    return Outcome::Precise;
                } else {
                    match self.step(ctx, read, mask, still) {
                        Stepped::To(cell) if cell == read => return Outcome::Known,
                        Stepped::To(cell) => cell,
                        Stepped::Changed => return Outcome::Changed,
                        Stepped::Refused => return Outcome::Precise,
                    }
                }
            };
            Outcome::Cells(Word::Cells { write, read: new_read }.pack())
        }
    }

    /// [`Detector::merge`] for a word of two writes.
    // What an access is, in registers: it is called for each.
    #[allow(clippy::too_many_arguments)]
    fn merge_writes(
        &self,
        ctx: &Context,
        granule: usize,
        write: Cell,
        other: Cell,
        stamp: u32,
        mask: u8,
        kind: Kind,
        out: &mut Conflicts,
    ) -> Outcome {
        if write.stamp() == stamp && mask & !write.mask() == 0 {
            return Outcome::Known;
        }
        // What is left of each when this access takes its place.
        let mut goes = true;
        let [write_left, other_left] = [write, other].map(|cell| {
            if cell.stamp() != stamp && cell.mask() & mask != 0 {
                let (lane, clock) = self.stamps.epoch(cell.stamp());
                if !self.knows(ctx, lane, clock) {
                    out.push(granule, Entry::new(lane, clock, cell.mask(), Kind::Write), mask);
                    goes = false;
                }
            }
            cell.with_mask(cell.mask() & !mask)
        });
        if !goes || !kind.writes() {
            // There is no room for the read.
            return Outcome::Precise;
        }
        let (new, other) = if write.stamp() == stamp {
            (Cell::new(stamp, write.mask() | mask), other_left)
        } else if write_left.is_empty() {
            (Cell::new(stamp, mask), other_left)
        } else if other_left.is_empty() {
            (Cell::new(stamp, mask), write_left)
        } else {
            return Outcome::Precise;
        };
        Outcome::Cells(Word::Writes { write: new, other }.pack())
    }

    /// Whether a read cell stands for one epoch, which comes before what `ctx` does now.
    #[inline]
    fn in_order(&self, ctx: &Context, read: Cell) -> bool {
        let (lane, clock) = self.stamps.epoch(read.stamp());
        lane < LANES && self.knows(ctx, lane, clock)
    }

    /// Forgets everything about `[addr, addr + size)`: the memory gets a new owner. Pages of shadow that were never written
    /// are not touched.
    pub fn forget(&self, shard: u32, addr: usize, size: usize) {
        let end = addr + size;
        let mut at = addr;
        while at < end {
            let page_end = (at & !(PAGE - 1)) + PAGE;
            let to = page_end.min(end);
            let flag = self.memory.touched(at);
            if flag.load(Ordering::Relaxed) != 0 {
                let mut granule = at & !7;
                while granule < to {
                    // Eight words at once: mostly there is nothing, or nothing but cells.
                    if granule & 63 == 0 && granule + 64 <= to {
                        let words: [u64; 8] =
                            core::array::from_fn(|i| self.memory.word(granule + i * 8).load(Ordering::Relaxed));
                        let any = words.iter().fold(0, |any, word| any | word);
                        if any == 0 || words.iter().fold(true, |all, &word| all & is_cells(word)) {
                            if any != 0 {
                                (0..8).for_each(|i| self.memory.word(granule + i * 8).store(0, Ordering::Relaxed));
                            }
                            granule += 64;
                            continue;
                        }
                    }
                    let word = self.memory.word(granule);
                    let bits = word.load(Ordering::Relaxed);
                    if bits != 0 {
                        let mask = mask_in(granule, addr, size);
                        if mask == 0xff && is_cells(bits) {
                            word.store(0, Ordering::Relaxed);
                        } else {
                            self.forget_in(shard, granule, mask);
                        }
                    }
                    granule += 8;
                }
                if to - at == PAGE {
                    // Nobody else uses any of it.
                    flag.store(0, Ordering::Relaxed);
                }
            }
            at = to;
        }
    }

    #[cold]
    pub(crate) fn forget_in(&self, shard: u32, granule: usize, mask: u8) {
        let word = self.memory.word(granule);
        loop {
            let bits = word.load(Ordering::Acquire);
            let rest = |cell: Cell| cell.with_mask(cell.mask() & !mask);
            let left = match Word::unpack(bits) {
                Word::Cells { write, read } => Word::Cells { write: rest(write), read: rest(read) },
                Word::Writes { write, other } if rest(write).is_empty() => {
                    Word::Cells { write: rest(other), read: Cell(0) }
                }
                Word::Writes { write, other } => Word::Writes { write: rest(write), other: rest(other) },
                Word::Split(index) => return self.forget_split(shard, granule, bits, index, mask),
                Word::Precise(_) if mask == 0xff => return self.forget_precise(shard, granule),
                Word::Precise(_) => return self.forget_bytes(shard, granule, mask),
            };
            if word.compare_exchange(bits, left.pack(), Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return;
            }
        }
    }
}
