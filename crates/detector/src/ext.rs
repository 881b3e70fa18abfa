//! Precise records: everything about one granule that two cells cannot say.
//!
//! A record holds any number of accesses with full epochs, byte masks and kinds, and the synchronisation objects whose
//! address lies in the granule. It is found through the granule's shadow word, so it needs no table of its own and goes when
//! the memory is reused. Its lock also guards the word's being a reference to it.

use crate::context::Context;
use crate::epoch::{Clock, Entry, Kind, Lane};
use crate::memory::{Blocks, Memory, SeqLock};
use crate::shadow::{Cell, Word};
use crate::tree::Tree;
use crate::{Conflicts, Detector};
use core::sync::atomic::{AtomicU64, Ordering};

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
    next_class: u8,
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
    /// Block of the accesses when they are not inline. (A free slot has its link here.)
    list: u32,
    len: u16,
    /// Block class of `list`; 0 when the accesses are inline.
    class: u8,
    /// How often it could have been turned back into cells.
    idle: u8,
    more: u32,
    sync: SyncClock,
    inline: [Entry; INLINE],
}

/// Accesses held without a list.
const INLINE: usize = 4;
/// The class of the first list.
const FIRST_LIST: u8 = 6;
/// A record is turned back into cells when that could have been done this many times: words that change to and fro stay records.
const IDLE_ROUNDS: u8 = 8;

const _: () = assert!(size_of::<SyncClock>() == 16);
const _: () = assert!(size_of::<Ext>() == 64);
const _: () = assert!(core::mem::offset_of!(Ext, list) == 4);
const _: () = assert!(core::mem::offset_of!(Ext, inline) == 32);
const _: () = assert!(core::mem::offset_of!(Ext, class) == 10);

impl Ext {
    #[inline]
    fn capacity(&self) -> usize {
        if self.class == 0 { INLINE } else { 1 << (self.class - 3) }
    }

    #[inline]
    fn entries(&mut self, blocks: &Blocks) -> *mut Entry {
        if self.class == 0 { self.inline.as_mut_ptr() } else { blocks.at(self.list) }
    }
}

/// A record with its lock held.
pub struct Locked<'a> {
    /// The record.
    pub ext: &'a mut Ext,
    word: &'a AtomicU64,
    index: u32,
}

impl Locked<'_> {
    /// The record's index.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.index
    }
}

impl<M: Memory> Detector<M> {
    /// Locks the record of `addr`'s granule. Without one: `None` unless `create`, then one is made of the cells.
    pub(crate) fn locked(&self, shard: u32, addr: usize, create: bool) -> Option<Locked<'_>> {
        let word = self.memory.word(addr);
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
                Word::Cells { write, read } => {
                    if !create {
                        return None;
                    }
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
                    ext.sync = SyncClock { tree: Tree::EMPTY, lane: 0, clock: 0, offset: 0, next_class: 0, _pad: 0 };
                    for (cell, kind) in [(write, Kind::Write), (read, Kind::Read)] {
                        if !cell.is_empty() {
                            let (lane, clock) = self.stamps.epoch(cell.stamp());
                            let at = ext.len as usize % INLINE;
                            ext.inline[at] = Entry::new(lane, clock, cell.mask(), kind);
                            ext.len += 1;
                        }
                    }
                    self.touch(addr);
                    let made = Word::Precise(index).pack();
                    if word.compare_exchange(bits, made, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                        return Some(Locked { ext, word, index });
                    }
                    ext.lock.unlock();
                    // SAFETY: never published.
                    unsafe { self.exts.free::<M>(shard, index) };
                }
            }
        }
    }

    /// Marks the shadow page of `addr` as in use.
    #[inline]
    pub(crate) fn touch(&self, addr: usize) {
        let flag = self.memory.touched(addr);
        if flag.load(Ordering::Relaxed) == 0 {
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
            let len = (&raw const (*ext).len).read_volatile() as usize;
            core::sync::atomic::fence(Ordering::Acquire);
            if version & 1 != 0 || lock.version() != version {
                return false;
            }
            let entries =
                if class == 0 { (&raw const (*ext).inline).cast::<Entry>() } else { self.blocks.at::<Entry>(list) };
            let epoch = Entry::new(ctx.lane, ctx.now(), 0, Kind::Read);
            for i in 0..len {
                let entry = entries.wrapping_add(i).read_volatile();
                let kind = entry.kind();
                if entry.same_epoch(epoch)
                    && mask & !entry.mask() == 0
                    && (kind == Kind::Write || !write && kind == Kind::Read)
                {
                    return true;
                }
            }
            false
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
        let entries = ext.entries(&self.blocks);
        let mut len = ext.len as usize;
        let (lane, now) = (ctx.lane, ctx.now());
        let mut same: *mut Entry = core::ptr::null_mut();
        // A record of this very epoch already says as much.
        let mut redundant = false;
        // Whether others' accesses that cannot conflict shall be looked at, too, in order to drop those that are superfluous.
        let prune = len == ext.capacity() || len <= INLINE;
        let mut i = 0;
        while i < len {
            // SAFETY: i < len <= capacity of the list.
            let slot = unsafe { entries.add(i) };
            // SAFETY: as above.
            let entry = unsafe { *slot };
            i += 1;
            let mine = entry.lane() == lane;
            let conflicts = kind.conflicts(entry.kind());
            if !mine && (entry.mask() & mask == 0 || !(conflicts || prune && kind.covers(entry.kind()))) {
                continue;
            }
            let ordered = mine || self.knows(ctx, entry.lane(), entry.clock());
            if !ordered {
                if conflicts {
                    out.push(granule, entry, mask);
                }
                continue;
            }
            if mine && entry.clock() == now && entry.kind().covers(kind) && mask & !entry.mask() == 0 {
                redundant = true;
            } else if kind.covers(entry.kind()) {
                if mine && entry.clock() == now && entry.kind() == kind {
                    same = slot;
                    continue;
                }
                let rest = entry.mask() & !mask;
                if rest == 0 {
                    i -= 1;
                    len -= 1;
                    // SAFETY: len is now the last slot; `same` may point there.
                    unsafe {
                        if same == entries.add(len) {
                            same = slot;
                        }
                        *slot = *entries.add(len);
                        *entries.add(len) = Entry(0);
                    }
                } else if rest != entry.mask() {
                    // SAFETY: as above.
                    unsafe { *slot = entry.with_mask(rest) };
                }
            }
        }
        ext.len = len as u16;
        if redundant {
            return false;
        }
        if !same.is_null() {
            // SAFETY: points into the list.
            unsafe { *same = (*same).with_mask((*same).mask() | mask) };
            return true;
        }
        self.push_entry(ext, ctx.shard, Entry::new(lane, now, mask, kind));
        true
    }

    fn push_entry(&self, ext: &mut Ext, shard: u32, entry: Entry) {
        let len = ext.len as usize;
        if len == ext.capacity() && len < crate::limits::ACCESSES_PER_WORD {
            let class = if ext.class == 0 { FIRST_LIST } else { ext.class + 1 };
            let list = self.blocks.alloc::<M>(u32::from(class), shard);
            if list != 0 {
                let old = ext.entries(&self.blocks);
                // SAFETY: both lists have room for `len` entries and are different blocks.
                unsafe { core::ptr::copy_nonoverlapping(old, self.blocks.at::<Entry>(list), len) };
                if ext.class != 0 {
                    // SAFETY: the old list came from this class and is no longer referred to.
                    unsafe { self.blocks.free(&self.memory, u32::from(ext.class), shard, ext.list) };
                }
                ext.class = class;
                ext.list = list;
                ext.inline = [Entry(0); INLINE];
            }
        }
        let entries = ext.entries(&self.blocks);
        if len < ext.capacity() {
            // SAFETY: len < capacity.
            unsafe { *entries.add(len) = entry };
            ext.len += 1;
        } else {
            // Any victim will do; one that depends on the newcomer spreads the loss.
            self.limits.reached(&self.limits.accesses_forgotten);
            let spread = (entry.lane() ^ entry.clock()).wrapping_mul(0x9e37_79b9);
            let victim = ((spread as u64 * len as u64) >> 32) as usize;
            // SAFETY: victim < len.
            unsafe { *entries.add(victim) = entry };
        }
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
        let block = self.blocks.alloc::<M>(MORE_CLASS, shard);
        if block == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return None;
        }
        // SAFETY: a fresh block of enough bytes.
        let more = unsafe { &mut *self.blocks.at::<MoreSync>(block) };
        *more = MoreSync {
            sync: SyncClock { tree: Tree::EMPTY, lane: 0, clock: 0, offset, next_class: 0, _pad: 0 },
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
        if ext.len <= 2 && ext.sync.offset == 0 && ext.more == 0 && stamp != crate::stamp::NO_STAMP {
            ext.idle = ext.idle.saturating_add(1);
            let entries = ext.entries(&self.blocks);
            let (mut write, mut read, mut fits) = (Cell(0), Cell(0), true);
            for i in 0..ext.len as usize {
                // SAFETY: i < len.
                let entry = unsafe { *entries.add(i) };
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
        let entries = ext.entries(&self.blocks);
        let (mut kept, len) = (0, ext.len as usize);
        for i in 0..len {
            // SAFETY: kept <= i < len.
            unsafe {
                let entry = *entries.add(i);
                let rest = entry.mask() & !mask;
                if rest != 0 {
                    *entries.add(kept) = entry.with_mask(rest);
                    kept += 1;
                }
            }
        }
        for i in kept..len {
            // SAFETY: i < len.
            unsafe { *entries.add(i) = Entry(0) };
        }
        ext.len = kept as u16;
        for byte in 0..8 {
            if mask >> byte & 1 != 0
                && let Some(sync) = self.sync_at(&mut locked, shard, granule + byte, false)
            {
                let tree = sync.tree.take();
                sync.clock = 0;
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
