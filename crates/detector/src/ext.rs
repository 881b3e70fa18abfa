//! Precise records: everything about one granule that two cells cannot say.
//!
//! A record holds any number of accesses with full epochs, byte masks and kinds, and the synchronisation objects whose
//! address lies in the granule. It is found through the granule's shadow word, so it needs no table of its own and goes when
//! the memory is reused. Its lock also guards the word's being a reference to it.

use crate::atomic::{AtomicU64, Ordering};
use crate::context::Context;
use crate::epoch::{Clock, Entry, Kind, Lane};
use crate::for_assembly::for_assembly;
use crate::memory::{Blocks, Memory, SeqLock};
use crate::readers::{FIRST_TABLE, Table};
use crate::sets::MEMBERS;
use crate::shadow::{Cell, Word};
use crate::tree::Tree;
use crate::{Conflicts, Detector};
use core::mem::offset_of;

/// The vector clock of a synchronisation object: a tree and one epoch more (the last releaser's own).
#[repr(C)]
pub struct SyncClock {
    /// What the releasers knew.
    pub tree: Tree,
    /// The last releaser's lane.
    pub lane: Lane,
    /// Its clock; 0 when there is none.
    pub clock: Clock,
    /// Byte offset in the granule plus one; 0 when the slot is free.
    offset: u8,
    /// Whether `lane` and `clock` stand for all that it holds: see `Detector::holds_news`.
    pub whole: bool,
    _pad: u16,
}

/// A further synchronisation object in a granule.
#[repr(C)]
struct MoreSync {
    sync: SyncClock,
    next: u32,
}

/// A precise record. 64 bytes. The fast paths in assembly look through `inline` for an access of the present epoch, without the
/// lock: only the goroutine itself ever puts one there, and nobody else takes one away before its epoch has ended. So slots
/// that are not in use must be empty. They also turn a goroutine's own read of an earlier epoch into one of the present, by a
/// compare-and-swap of the slot, and come back with the lock if the version has changed meanwhile.
#[repr(C, align(64))]
pub struct Ext {
    lock: SeqLock,
    /// Block of the accesses that are not inline ([`crate::readers`]). (A free slot has its link here.)
    list: u32,
    /// How many are inline.
    len: u16,
    /// Block class of `list`; 0 when all accesses are inline.
    class: u8,
    /// How often it could have been turned back into cells.
    idle: u8,
    more: u32,
    sync: SyncClock,
    inline: [Entry; INLINE],
}

/// Accesses held without a list.
const INLINE: usize = 4;
/// The class of a table with room for the members of any set of reads.
const SET_TABLE: u8 = (MEMBERS + 1).ilog2() as u8 + 4;
/// The class of the largest table.
const LAST_TABLE: u8 = crate::limits::ACCESSES_PER_WORD.ilog2() as u8 + 4;
/// A record is turned back into cells when that could have been done this many times: words that change to and fro stay records.
const IDLE_ROUNDS: u8 = 8;

const _: () = assert!(size_of::<SyncClock>() == 16);
const _: () = assert!(size_of::<Ext>() == 64);

for_assembly! {
    /// log2 of the bytes of a precise record, and of those of a split word's cells.
    RECORD_SHIFT = size_of::<Ext>().ilog2();
    /// [`Ext::lock`]: odd while somebody has it.
    EXT_LOCK = offset_of!(Ext, lock);
    /// [`Ext::list`].
    EXT_LIST = offset_of!(Ext, list);
    /// [`Ext::class`].
    EXT_CLASS = offset_of!(Ext, class);
    /// [`Ext::inline`], of which there are four.
    EXT_ACCESSES = offset_of!(Ext, inline);
    /// [`SyncClock::lane`].
    EXT_SYNC_LANE = offset_of!(Ext, sync.lane);
    /// [`SyncClock::clock`].
    EXT_SYNC_CLOCK = offset_of!(Ext, sync.clock);
    /// [`SyncClock::offset`]; [`SyncClock::whole`] lies behind it.
    EXT_SYNC_OFFSET = offset_of!(Ext, sync.offset);
    /// [`SyncClock::offset`] and [`SyncClock::whole`] of a first byte and of what is whole, together.
    EXT_SYNC_WHOLE = 1 | 1 << 8;
}
const _: () = assert!(INLINE == 4 && size_of::<Ext>() == size_of::<crate::split::Split>());
const _: () = assert!(offset_of!(SyncClock, whole) == offset_of!(SyncClock, offset) + 1);

impl Ext {
    /// The accesses that are not inline.
    #[inline]
    fn table(&self, blocks: &Blocks) -> Option<Table> {
        (self.class != 0).then(|| Table::new(blocks.at(self.list), self.class))
    }

    /// Puts an access into a free inline slot; `false`: there is none.
    #[inline]
    fn push_inline(&mut self, entry: Entry) -> bool {
        let Some(slot) = self.inline.get_mut(self.len as usize) else { return false };
        *slot = entry;
        self.len += 1;
        true
    }
}

/// A record with its lock held.
pub struct Locked<'a> {
    /// The record.
    pub ext: &'a mut Ext,
    word: &'a AtomicU64,
    index: u32,
}

/// A new access on its way through a record.
struct Visit {
    granule: usize,
    new: Entry,
    /// It stands in the record.
    placed: bool,
}

impl Locked<'_> {
    /// The record's index.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    /// Goes through all accesses.
    pub(crate) fn each_access(&self, blocks: &Blocks, mut each: impl FnMut(Entry)) {
        self.ext.inline.iter().take(self.ext.len as usize).for_each(|&entry| each(entry));
        for slot in self.ext.table(blocks).iter().flat_map(|table| table.slots()) {
            // SAFETY: a slot of the locked record's table.
            let entry = unsafe { slot.read_volatile() };
            if entry.0 != 0 {
                each(entry);
            }
        }
    }

    /// Whether a further access would need a table.
    #[inline]
    pub(crate) fn crowded(&self) -> bool {
        self.ext.class != 0 || self.ext.len as usize >= INLINE
    }
}

impl<M: Memory> Detector<M> {
    /// Locks the record of `addr`'s granule. Without one: `None` unless `create`, then one is made of the cells.
    #[inline]
    pub(crate) fn locked(&self, shard: u32, addr: usize, create: bool) -> Option<Locked<'_>> {
        // The common case, where there is a record and nobody has its lock, without a call.
        let word = self.memory.word(addr);
        let bits = word.load(Ordering::Acquire);
        if let Word::Precise(index) = Word::unpack(bits) {
            // SAFETY: as below.
            let ext = unsafe { &mut *self.exts.at(index) };
            if ext.lock.try_lock() {
                if word.load(Ordering::Acquire) == bits {
                    return Some(Locked { ext, word, index });
                }
                ext.lock.unlock_unchanged();
            }
        }
        self.locked_slowly(shard, addr, create)
    }

    #[inline(never)]
    fn locked_slowly(&self, shard: u32, addr: usize, create: bool) -> Option<Locked<'_>> {
        let word = self.memory.word(addr);
        let mut spins = 0;
        loop {
            let bits = word.load(Ordering::Acquire);
            match Word::unpack(bits) {
                Word::Precise(index) => {
                    // SAFETY: slots of `exts` stay records for ever, and their lock word stays a lock.
                    let ext = unsafe { &mut *self.exts.at(index) };
                    ext.lock.lock::<M>();
                    if word.load(Ordering::Acquire) == bits {
                        return Some(Locked { ext, word, index });
                    }
                    ext.lock.unlock_unchanged();
                }
                cells @ (Word::Cells { .. } | Word::Writes { .. }) => {
                    if !create {
                        return None;
                    }
                    let (index, ext) = self.new_record(shard)?;
                    let (writes, read) = match cells {
                        Word::Writes { write, other } => ([write, other], Cell(0)),
                        Word::Cells { write, read } => ([write, Cell(0)], read),
                        _ => ([Cell(0); 2], Cell(0)),
                    };
                    for write in writes {
                        if !write.is_empty() {
                            let (lane, clock) = self.stamps.epoch(write.stamp());
                            ext.push_inline(Entry::new(lane, clock, write.mask(), Kind::Write));
                        }
                    }
                    self.reads(read, |old| self.push_new(ext, shard, old));
                    self.touch(addr);
                    let made = Word::Precise(index).pack();
                    if word.compare_exchange(bits, made, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                        return Some(Locked { ext, word, index });
                    }
                    self.dispose(ext, shard);
                    ext.lock.unlock();
                    // SAFETY: never published.
                    unsafe { self.exts.free::<M>(shard, index) };
                }
                Word::Split(split) => {
                    if !create {
                        return None;
                    }
                    let Some(cells) = self.freeze(word, bits, split) else {
                        M::pause(spins);
                        spins += 1;
                        continue;
                    };
                    let Some((index, ext)) = self.new_record(shard) else {
                        self.thaw(split, &cells);
                        return None;
                    };
                    self.accesses_in(&cells, |old| self.push_new(ext, shard, old));
                    // Nobody else changes the word of frozen cells.
                    word.store(Word::Precise(index).pack(), Ordering::Release);
                    self.free_split(shard, split);
                    return Some(Locked { ext, word, index });
                }
            }
        }
    }

    /// A new record that says nothing, with its lock held. `None`: memory is exhausted.
    // Fresh memory, which nobody else knows of.
    #[allow(clippy::mut_from_ref)]
    fn new_record(&self, shard: u32) -> Option<(u32, &mut Ext)> {
        let index = self.exts.alloc::<M>(shard);
        if index == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return None;
        }
        // SAFETY: ours until it is in the word; the lock is open in free slots, and taken here so that its
        // content is complete before anyone looks.
        let ext = unsafe { &mut *self.exts.at(index) };
        ext.lock.lock::<M>();
        ext.len = 0;
        ext.class = 0;
        ext.idle = 0;
        ext.list = 0;
        ext.more = 0;
        ext.inline = [Entry(0); INLINE];
        ext.sync = SyncClock { tree: Tree::EMPTY, lane: 0, clock: 0, offset: 0, whole: false, _pad: 0 };
        Some((index, ext))
    }

    /// Marks the shadow page of `addr` as in use.
    #[inline]
    pub(crate) fn touch(&self, addr: usize) {
        let flag = self.memory.touched(addr);
        if flag.load(Ordering::Relaxed) == 0 {
            self.memory.prepare(addr);
            flag.store(1, Ordering::Release);
        }
    }

    /// Whether a record has an access of the present epoch that says as much as this one. Takes no lock: such accesses are put
    /// there and taken away by the goroutine itself only, as long as the epoch lasts.
    pub(crate) fn known_precisely(&self, ctx: &Context, index: u32, mask: u8, write: bool) -> bool {
        let ext = self.exts.at(index);
        // SAFETY: slots of `exts` stay records for ever; fields that may change meanwhile are read as volatile, and the list is
        // looked at only if the version tells that it belonged to the record (blocks stay mapped for ever).
        unsafe {
            let lock = &(*ext).lock;
            let version = lock.version();
            let class = (&raw const (*ext).class).read_volatile();
            let list = (&raw const (*ext).list).read_volatile();
            crate::atomic::fence(Ordering::Acquire);
            if version & 1 != 0 || lock.version() != version {
                return false;
            }
            let new = Entry::new(ctx.lane, ctx.now(), mask, if write { Kind::Write } else { Kind::Read });
            for i in 0..INLINE {
                if (&raw const (*ext).inline[i]).read_volatile().says(new) {
                    return true;
                }
            }
            class != 0
                && Table::new(self.blocks.at(list), class).chain(ctx.lane).any(|slot| slot.read_volatile().says(new))
        }
    }

    /// Whether a record has an atomic load of the `size` bytes at `addr` in the present epoch inline, and no synchronisation object that may hold
    /// news there. It is looked at without the lock: the caller finds out whether it has changed meanwhile.
    #[inline]
    pub(crate) fn recorded_precisely(&self, ctx: &Context, index: u32, addr: usize, size: usize) -> bool {
        let ext = self.exts.at(index);
        let new = Entry::new(ctx.lane, ctx.now(), crate::shadow::mask_in(addr & !7, addr, size), Kind::AtomicRead);
        // SAFETY: slots of `exts` stay records for ever; what may change meanwhile is read as volatile.
        unsafe {
            if !(0..INLINE).any(|i| (&raw const (*ext).inline[i]).read_volatile() == new) {
                return false;
            }
            let sync = &raw const (*ext).sync;
            let (offset, whole) =
                ((&raw const (*sync).offset).read_volatile(), (&raw const (*sync).whole).read_volatile());
            let (lane, clock) = ((&raw const (*sync).lane).read_volatile(), (&raw const (*sync).clock).read_volatile());
            let known = &ctx.whole;
            offset == 0
                || offset as usize == (addr & 7) + 1
                    && whole
                    && (lane == known.lane && clock > known.low && clock <= known.high)
        }
    }

    /// Checks an access against a locked record and records it there; `false` when this epoch's records already said it.
    pub(crate) fn access_locked(
        &self,
        locked: &mut Locked<'_>,
        ctx: &mut Context,
        granule: usize,
        mask: u8,
        kind: Kind,
        out: &mut Conflicts,
    ) -> bool {
        let ext = &mut *locked.ext;
        let new = Entry::new(ctx.lane, ctx.now(), mask, kind);
        // Whoever came since an access of this very epoch that says as much was held against that one.
        if ext.inline.iter().any(|old| old.says(new)) {
            return false;
        }
        // One access of the goroutine's own that becomes superfluous, as in a counter that is counted up again, gives its place.
        if let [old, ..] = &mut ext.inline
            && ext.len == 1
            && ext.class == 0
            && old.lane() == ctx.lane
            && old.mask() & !mask == 0
            && kind.covers(old.kind())
        {
            *old = new;
            return true;
        }
        let mut visit = Visit { granule, new, placed: false };
        let mut len = ext.len as usize;
        let mut i = 0;
        while i < len {
            // Never out of bounds: len <= INLINE.
            let Some(&old) = ext.inline.get(i) else { break };
            let left = self.visit(ctx, &mut visit, old, true, out);
            if left.0 == 0 {
                len -= 1;
                if len < INLINE {
                    ext.inline[i % INLINE] = ext.inline[len];
                    ext.inline[len] = Entry(0);
                }
                continue;
            }
            if left != old {
                ext.inline[i % INLINE] = left;
            }
            i += 1;
        }
        ext.len = len as u16;
        if let Some(table) = ext.table(&self.blocks) {
            // SAFETY: slots of the locked record's table.
            if table.chain(ctx.lane).any(|slot| unsafe { *slot }.says(new)) {
                return false;
            }
            if table.conflicts(kind) {
                let mut kept = false;
                for slot in table.slots() {
                    // SAFETY: a slot of the locked record's table.
                    let old = unsafe { *slot };
                    if old.mask() != 0 {
                        let left = self.visit(ctx, &mut visit, old, true, out);
                        // Slots in use stay in use.
                        let left = if left.0 == 0 { old.with_mask(0) } else { left };
                        kept |= left.mask() != 0;
                        // SAFETY: as above.
                        unsafe { *slot = left };
                    }
                }
                if !kept {
                    self.remake(ext, ctx.shard, |_| true);
                }
            } else {
                // One that is superfluous is kept as one of no bytes, for the next access of the lane.
                let mut place = core::ptr::null_mut();
                for slot in table.chain(ctx.lane) {
                    // SAFETY: as above.
                    let old = unsafe { *slot };
                    if old.lane() == ctx.lane {
                        let mut left = old;
                        if old.mask() != 0 {
                            left = self.visit(ctx, &mut visit, old, false, out);
                        }
                        if left.mask() == 0 {
                            left = old.with_mask(0);
                            place = slot;
                        }
                        // SAFETY: as above.
                        unsafe { *slot = left };
                    }
                }
                if !visit.placed && !place.is_null() {
                    // SAFETY: as above.
                    unsafe { table.replace(place, new) };
                    visit.placed = true;
                }
            }
        }
        if !visit.placed {
            self.push_entry(ext, ctx, new);
        }
        true
    }

    /// Looks at one access of a record for a new one: whether they race, and what of it remains (0: nothing). `prune`: others'
    /// accesses that are superfluous may go.
    #[inline]
    fn visit(&self, ctx: &Context, visit: &mut Visit, old: Entry, prune: bool, out: &mut Conflicts) -> Entry {
        let (kind, mask) = (visit.new.kind(), visit.new.mask());
        let mine = old.lane() == ctx.lane;
        let conflicts = kind.conflicts(old.kind());
        if !mine && (old.mask() & mask == 0 || !(conflicts || prune && kind.covers(old.kind()))) {
            return old;
        }
        let ordered = mine || self.knows(ctx, old.lane(), old.clock());
        if !ordered {
            if conflicts {
                out.push(visit.granule, old, mask);
            }
            return old;
        }
        let present = mine && old.same_epoch(visit.new);
        if kind.covers(old.kind()) {
            if present && old.kind() == kind {
                visit.placed = true;
                return old.with_mask(old.mask() | mask);
            }
            let rest = old.mask() & !mask;
            return if rest == 0 { Entry(0) } else { old.with_mask(rest) };
        }
        old
    }

    /// Puts an access into a record that is being made.
    fn push_new(&self, ext: &mut Ext, shard: u32, read: Entry) {
        if ext.class == 0 && ext.push_inline(read) {
            return;
        }
        if ext.class == 0 {
            let Some((list, table)) = self.new_table(shard, SET_TABLE) else {
                self.limits.reached(&self.limits.accesses_forgotten);
                return;
            };
            ext.list = list;
            ext.class = SET_TABLE;
            ext.len = 0;
            for old in core::mem::replace(&mut ext.inline, [Entry(0); INLINE]) {
                if old.kind() == Kind::Write {
                    ext.push_inline(old);
                } else if old.0 != 0 {
                    table.insert(old);
                }
            }
        }
        if read.kind() == Kind::Write && ext.push_inline(read) {
            return;
        }
        if ext.table(&self.blocks).is_some_and(|table| table.full()) {
            self.remake(ext, shard, |_| true);
        }
        match ext.table(&self.blocks) {
            Some(table) if !table.full() => table.insert(read),
            None => self.push_new(ext, shard, read),
            _ => self.limits.reached(&self.limits.accesses_forgotten),
        }
    }

    fn push_entry(&self, ext: &mut Ext, ctx: &Context, entry: Entry) {
        if ext.class == 0 {
            if ext.push_inline(entry) {
                return;
            }
            let Some((list, table)) = self.new_table(ctx.shard, FIRST_TABLE) else { return };
            ext.list = list;
            ext.class = FIRST_TABLE;
            // All but plain writes move to the table; those stay, where every access sees them.
            ext.len = 0;
            for old in core::mem::replace(&mut ext.inline, [Entry(0); INLINE]) {
                if old.kind() == Kind::Write {
                    ext.push_inline(old);
                } else if old.0 != 0 {
                    table.insert(old);
                }
            }
        }
        if entry.kind() == Kind::Write && ext.push_inline(entry) {
            return;
        }
        if ext.table(&self.blocks).is_some_and(|table| table.full()) {
            // What this access makes superfluous goes first.
            let (kind, mask) = (entry.kind(), entry.mask());
            self.remake(ext, ctx.shard, |old| {
                !(kind.covers(old.kind()) && old.mask() & !mask == 0 && self.knows(ctx, old.lane(), old.clock()))
            });
        }
        match ext.table(&self.blocks) {
            Some(table) if !table.full() => table.insert(entry),
            Some(table) => {
                self.limits.reached(&self.limits.accesses_forgotten);
                table.replace_any(entry);
            }
            None => self.push_entry(ext, ctx, entry),
        }
    }

    /// Makes a record's table anew with the accesses that `keep` wants, at the size that fits them; without any there is no table.
    #[cold]
    fn remake(&self, ext: &mut Ext, shard: u32, keep: impl Fn(Entry) -> bool) {
        let Some(old) = ext.table(&self.blocks) else { return };
        let mut kept = 0;
        for slot in old.slots() {
            // SAFETY: a slot of the locked record's table.
            let entry = unsafe { *slot };
            if entry.0 != 0 {
                if entry.mask() != 0 && keep(entry) {
                    kept += 1;
                } else {
                    // SAFETY: as above.
                    unsafe { *slot = Entry(0) };
                }
            }
        }
        let (list, class) = (ext.list, ext.class);
        if kept == 0 {
            ext.class = 0;
            ext.list = 0;
        } else {
            let mut fit = FIRST_TABLE;
            while kept * 3 > 1 << (fit - 3) && fit < LAST_TABLE {
                fit += 1;
            }
            let Some((block, table)) = self.new_table(shard, fit) else { return };
            for slot in old.slots() {
                // SAFETY: as above.
                let entry = unsafe { *slot };
                if entry.0 != 0 {
                    table.insert(entry);
                }
            }
            ext.list = block;
            ext.class = fit;
        }
        // SAFETY: the old table came from this class and is no longer referred to.
        unsafe { self.blocks.free(&self.memory, u32::from(class), shard, list) };
    }

    /// The synchronisation object at `addr` in a locked record; `create` makes one.
    pub(crate) fn sync_at<'a>(
        &'a self,
        locked: &'a mut Locked<'_>,
        shard: u32,
        addr: usize,
        create: bool,
    ) -> Option<&'a mut SyncClock> {
        let offset = (addr & 7) as u8 + 1;
        let ext = &mut *locked.ext;
        if ext.sync.offset == offset {
            return Some(&mut ext.sync);
        }
        let mut next = ext.more;
        while next != 0 {
            // SAFETY: blocks in the chain are `MoreSync`s owned by this locked record.
            let more = unsafe { &mut *self.blocks.at::<MoreSync>(next) };
            if more.sync.offset == offset {
                return Some(&mut more.sync);
            }
            next = more.next;
        }
        if !create {
            return None;
        }
        if ext.sync.offset == 0 {
            ext.sync.offset = offset;
            return Some(&mut ext.sync);
        }
        let block = self.blocks.alloc(&self.memory, MORE_CLASS, shard);
        if block == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return None;
        }
        // SAFETY: a fresh block of enough bytes.
        let more = unsafe { &mut *self.blocks.at::<MoreSync>(block) };
        *more = MoreSync {
            sync: SyncClock { tree: Tree::EMPTY, lane: 0, clock: 0, offset, whole: false, _pad: 0 },
            next: ext.more,
        };
        ext.more = block;
        Some(&mut more.sync)
    }

    /// Unlocks a record that may have changed.
    #[inline]
    pub(crate) fn unlock(&self, locked: Locked<'_>) {
        locked.ext.lock.unlock();
    }

    /// Unlocks a record that is as it was.
    #[inline]
    pub(crate) fn unlock_unchanged(&self, locked: Locked<'_>) {
        locked.ext.lock.unlock_unchanged();
    }

    /// The version of the record with the given index; odd while it is locked.
    #[inline]
    pub(crate) fn version(&self, index: u32) -> u32 {
        // SAFETY: slots of `exts` stay records for ever, and their lock is an atomic.
        unsafe { (*self.exts.at(index)).lock.version() }
    }

    /// Unlocks a record after a plain access, turning it back into cells when it holds no more than they can say:
    /// nothing but accesses of `ctx` at its current stamp, and no synchronisation object.
    pub(crate) fn unlock_or_collapse(&self, locked: Locked<'_>, ctx: &Context) {
        let ext = locked.ext;
        let stamp = ctx.current_stamp();
        if ext.len <= 2 && ext.class == 0 && ext.sync.offset == 0 && ext.more == 0 && stamp != crate::stamp::NO_STAMP {
            ext.idle = ext.idle.saturating_add(1);
            let (mut write, mut read, mut fits) = (Cell(0), Cell(0), true);
            for &entry in ext.inline.iter().take(ext.len as usize) {
                let own = entry.lane() == ctx.lane && entry.clock() == ctx.now();
                match entry.kind() {
                    Kind::Write if own && write.is_empty() => write = Cell::new(stamp, entry.mask()),
                    Kind::Read if own && read.is_empty() => read = Cell::new(stamp, entry.mask()),
                    _ => fits = false,
                }
            }
            if fits && ext.idle > IDLE_ROUNDS {
                locked.word.store(Word::Cells { write, read }.pack(), Ordering::Release);
                self.dispose(ext, ctx.shard);
                ext.lock.unlock();
                // SAFETY: the word no longer refers to it, and whoever still waits for the lock finds that out.
                unsafe { self.exts.free::<M>(ctx.shard, locked.index) };
                return;
            }
        }
        ext.lock.unlock();
    }

    /// Frees what a locked record owns.
    fn dispose(&self, ext: &mut Ext, shard: u32) {
        if ext.class != 0 {
            // SAFETY: the list came from this class and goes with the record.
            unsafe { self.blocks.free(&self.memory, u32::from(ext.class), shard, ext.list) };
            ext.class = 0;
        }
        self.trees.drop::<M>(shard, ext.sync.tree.take());
        ext.sync.offset = 0;
        let mut next = core::mem::replace(&mut ext.more, 0);
        while next != 0 {
            // SAFETY: a `MoreSync` of this record.
            let more = unsafe { &mut *self.blocks.at::<MoreSync>(next) };
            let after = more.next;
            self.trees.drop::<M>(shard, more.sync.tree.take());
            // SAFETY: came from this class; nobody refers to it any more.
            unsafe { self.blocks.free(&self.memory, MORE_CLASS, shard, next) };
            next = after;
        }
        ext.len = 0;
    }

    /// Forgets what a record says of the bytes of `mask`, and the synchronisation objects there.
    pub(crate) fn forget_bytes(&self, shard: u32, granule: usize, mask: u8) {
        let Some(mut locked) = self.locked(shard, granule, false) else { return };
        let ext = &mut *locked.ext;
        ext.len = 0;
        for entry in core::mem::replace(&mut ext.inline, [Entry(0); INLINE]) {
            let rest = entry.mask() & !mask;
            if rest != 0 {
                ext.push_inline(entry.with_mask(rest));
            }
        }
        if let Some(table) = ext.table(&self.blocks) {
            for slot in table.slots() {
                // SAFETY: a slot of the locked record's table.
                unsafe {
                    let rest = (*slot).mask() & !mask;
                    *slot = if rest == 0 { Entry(0) } else { (*slot).with_mask(rest) };
                }
            }
            self.remake(ext, shard, |_| true);
        }
        for byte in 0..8 {
            if mask >> byte & 1 != 0
                && let Some(sync) = self.sync_at(&mut locked, shard, granule + byte, false)
            {
                let tree = sync.tree.take();
                (sync.clock, sync.whole) = (0, false);
                self.trees.drop::<M>(shard, tree);
            }
        }
        self.unlock(locked);
    }

    /// Forgets everything about one granule.
    #[cold]
    pub(crate) fn forget_precise(&self, shard: u32, addr: usize) {
        if let Some(locked) = self.locked(shard, addr, false) {
            locked.word.store(0, Ordering::Release);
            let ext = locked.ext;
            self.dispose(ext, shard);
            ext.lock.unlock();
            // SAFETY: the word no longer refers to it.
            unsafe { self.exts.free::<M>(shard, locked.index) };
        }
    }
}

const MORE_CLASS: u32 = 5;
const _: () = assert!(size_of::<MoreSync>() <= 1 << MORE_CLASS);
