//! What a goroutine remembers of the synchronisation objects it used last, so that doing the same again takes no lock.
//!
//! A precise record's version ([`crate::memory::SeqLock`]) changes whenever its content does. So what held for a version
//! holds as long as the version stays: that everything released there is known already, that the goroutine's atomic read of this
//! epoch is recorded, that the object holds just what the goroutine would release. A lock that is taken and given back by one
//! goroutine, or a flag that many read and nobody sets any more, is decided by this.

use crate::Detector;
use crate::atomic::{Ordering, fence};
use crate::context::Context;
use crate::epoch::Clock;
use crate::ext::Locked;
use crate::memory::Memory;
use crate::shadow::Word;

/// How many objects are remembered. A power of two.
pub const MEMOS: usize = 8;

/// All that was released to the object is known.
pub const TAKEN: u32 = 1;
/// The goroutine's atomic read of the present epoch is recorded.
pub const READ: u32 = 2;
/// The object holds what the goroutine would release to it.
pub const GIVEN: u32 = 4;

/// What is remembered of one object. 24 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Memo {
    /// The object's address above what is known and, in bits 8..16, the bytes of the atomic read; 0 when nothing is remembered.
    what: u64,
    /// Its precise record.
    index: u32,
    /// The record's version.
    version: u32,
    /// How often the goroutine had learned of others ([`Context::learned`]).
    learned: u32,
    /// The goroutine's clock.
    clock: Clock,
}

impl Memo {
    /// Nothing.
    pub const NONE: Memo = Memo { what: 0, index: 0, version: 0, learned: 0, clock: 0 };

    #[inline]
    fn what(addr: usize, size: usize, known: u32) -> u64 {
        (addr as u64) << 16 | (size as u64 & 0xff) << 8 | u64::from(known)
    }
    /// [`TAKEN`], [`READ`], [`GIVEN`].
    #[inline]
    fn known(&self) -> u32 {
        self.what as u32 & 0xff
    }
}

const _: () = assert!(size_of::<Memo>() == 24);

#[inline]
fn slot(addr: usize) -> usize {
    (addr >> 2 ^ addr >> 6) & (MEMOS - 1)
}

impl<M: Memory> Detector<M> {
    /// The memo of `addr`, if its record has not changed since.
    #[inline]
    fn memo<'a>(&self, ctx: &'a Context, addr: usize) -> Option<&'a Memo> {
        let memo = &ctx.memos[slot(addr)];
        if memo.what >> 16 != addr as u64 {
            return None;
        }
        let Word::Precise(index) = Word::unpack(self.memory.word(addr).load(Ordering::Acquire)) else { return None };
        (index == memo.index && self.version(index) == memo.version).then_some(memo)
    }

    /// Whether acquiring from `addr` would tell nothing new.
    #[inline]
    pub(crate) fn taken_before(&self, ctx: &Context, addr: usize) -> bool {
        self.memo(ctx, addr).is_some_and(|memo| memo.known() & TAKEN != 0)
    }

    /// Whether releasing to `addr` would change nothing.
    #[inline]
    pub(crate) fn given_before(&self, ctx: &Context, addr: usize) -> bool {
        !ctx.used
            && ctx.extra.1 == 0
            && self
                .memo(ctx, addr)
                .is_some_and(|memo| memo.known() & GIVEN != 0 && memo.clock == ctx.now() && memo.learned == ctx.learned)
    }

    /// An atomic load whose access is recorded and whose object is known: performs it, unless something changed meanwhile.
    #[inline]
    pub fn load_again<R>(&self, ctx: &Context, addr: usize, size: usize, load: impl Fn() -> R) -> Option<R> {
        let memo = self.memo(ctx, addr)?;
        if memo.what != Memo::what(addr, size, memo.known())
            || memo.known() & (TAKEN | READ) != TAKEN | READ
            || memo.clock != ctx.now()
        {
            return None;
        }
        let value = load();
        // A store takes the lock first, so a load that observed it finds another version here.
        fence(Ordering::Acquire);
        (self.version(memo.index) == memo.version).then_some(value)
    }

    /// An atomic load that has nothing new to tell: the word's record has a load of the same bytes in the present epoch, and what was released
    /// there is known ([`Context::whole`]). Performs it, without a lock, unless something changes meanwhile. The assembly does the same
    /// (`go/amd64/atomic_load.s`), for any number of objects where a goroutine remembers but a few.
    ///
    /// The goroutine alone puts accesses of its present epoch into records and takes them away, and whoever came since was held
    /// against them. All that is read here belongs together if the record's version is the same at the end, and to this word if that
    /// referred to the record in between. A store takes the lock first, so a load that observed it finds another version.
    #[inline]
    pub fn load_recorded<R>(&self, ctx: &Context, addr: usize, size: usize, load: impl Fn() -> R) -> Option<R> {
        let word = self.memory.word(addr);
        let bits = word.load(Ordering::Acquire);
        let Word::Precise(index) = Word::unpack(bits) else { return None };
        let version = self.version(index);
        if !addr.is_multiple_of(size) || version & 1 != 0 || !self.recorded_precisely(ctx, index, addr, size) {
            return None;
        }
        fence(Ordering::Acquire);
        if word.load(Ordering::Acquire) != bits {
            return None;
        }
        let value = load();
        fence(Ordering::Acquire);
        (self.version(index) == version).then_some(value)
    }

    /// Remembers what holds of `addr` once `locked` will have been unlocked, `changed` or not.
    #[inline]
    pub(crate) fn remember(
        &self,
        ctx: &mut Context,
        locked: &Locked<'_>,
        addr: usize,
        size: usize,
        known: u32,
        changed: bool,
    ) {
        let version = self.version(locked.index());
        let memo = &mut ctx.memos[slot(addr)];
        *memo = Memo {
            what: Memo::what(addr, size, known),
            index: locked.index(),
            version: if changed { version.wrapping_add(1) } else { version & !1 },
            learned: ctx.learned,
            clock: ctx.clock.load(Ordering::Relaxed),
        };
    }
}
