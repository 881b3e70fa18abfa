//! Locks: objects whose state word changes hands by operations that order in one direction only.
//!
//! A lock could be told to the engine as atomic operations on its word beside acquires and releases, as Go does. But an atomic
//! operation orders both ways: what a goroutine did before it *waited* for a mutex would come before whoever touches the mutex
//! next. Here taking a lock orders what was published when it was given back, and nothing else; so it is cheaper, too. Both
//! still count as atomic writes of the word, so that a lock that is overwritten or copied while in use is found. Where many do that
//! at once, in no order, the first few of them are remembered: whoever overwrites the word is unordered with one of those as well.

use crate::context::Context;
use crate::epoch::Kind;
use crate::ext::{Locked, SyncClock};
use crate::memory::Memory;
use crate::{Conflicts, Detector};

/// Bytes of a lock's word that its operations count as writes of.
const WORD: usize = 4;

impl<M: Memory> Detector<M> {
    /// `ctx` has taken the lock whose word is at `addr`: what was published when it was given back before comes before what `ctx`
    /// does next. `pc` is where.
    pub fn take_lock(&self, ctx: &mut Context, addr: usize, pc: u64, out: &mut Conflicts) {
        self.take(ctx, addr, false, pc, out);
    }

    /// As [`Detector::take_lock`], of a lock that others may hold, too.
    pub fn take_share(&self, ctx: &mut Context, addr: usize, pc: u64, out: &mut Conflicts) {
        self.take(ctx, addr, true, pc, out);
    }

    #[inline]
    fn take(&self, ctx: &mut Context, addr: usize, shared: bool, pc: u64, out: &mut Conflicts) {
        self.flush_extra(ctx);
        if let Some(mut locked) = self.locked(ctx.shard, addr, true) {
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, false) {
                self.take_over(ctx, sync);
            }
            self.change_word(&mut locked, ctx, addr, shared, pc, out);
            self.unlock(locked);
        }
    }

    /// `ctx` gives the lock whose word is at `addr` back: what it did so far comes before whoever takes it next, beside what others
    /// published there. An object that is given back in this way is never given back in the other, [`Detector::give_share`].
    pub fn give_lock(&self, ctx: &mut Context, addr: usize, pc: u64, out: &mut Conflicts) {
        self.give(ctx, addr, false, pc, out);
    }

    /// As [`Detector::give_lock`], where others publish at the same time: what `ctx` publishes replaces nothing.
    pub fn give_share(&self, ctx: &mut Context, addr: usize, pc: u64, out: &mut Conflicts) {
        self.give(ctx, addr, true, pc, out);
    }

    #[inline]
    fn give(&self, ctx: &mut Context, addr: usize, shared: bool, pc: u64, out: &mut Conflicts) {
        self.flush_extra(ctx);
        if let Some(mut locked) = self.locked(ctx.shard, addr, true) {
            self.change_word(&mut locked, ctx, addr, shared, pc, out);
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, true) {
                if shared { self.add(ctx, sync) } else { self.publish(ctx, sync) }
            }
            self.tick(ctx);
            self.unlock(locked);
        }
    }

    /// `ctx` changes the word of the lock at `addr` in a way that orders nothing.
    pub fn touch_lock(&self, ctx: &mut Context, addr: usize, pc: u64, out: &mut Conflicts) {
        if let Some(mut locked) = self.locked(ctx.shard, addr, true) {
            self.change_word(&mut locked, ctx, addr, true, pc, out);
            self.unlock(locked);
        }
    }

    #[inline]
    fn change_word(
        &self,
        locked: &mut Locked<'_>,
        ctx: &mut Context,
        addr: usize,
        shared: bool,
        pc: u64,
        out: &mut Conflicts,
    ) {
        if shared && locked.crowded() {
            return;
        }
        let granule = addr & !7;
        let mask = crate::shadow::mask_in(granule, addr, WORD);
        if self.access_locked(locked, ctx, granule, mask, Kind::AtomicWrite, out) {
            ctx.used = true;
            self.log_access(ctx, addr, WORD, Kind::AtomicWrite, pc);
        }
    }

    /// Adds what `ctx` knows to what a lock with one holder publishes.
    ///
    /// The change of the lock's word was recorded in the present epoch, so what is published is whole ([`Detector::holds_news`]): the
    /// holder of a lock, who knows the epoch in which it was given back last, need not look at the rest of it. A lock given back by
    /// somebody who does not know it becomes the union, which stands in the tree alone: no epoch stands for it.
    fn publish(&self, ctx: &mut Context, sync: &mut SyncClock) {
        if !self.holds_news(ctx, sync) {
            self.put(ctx, sync);
            return;
        }
        sync.whole = false;
        self.releases(ctx);
        if self.uncovered(ctx, &sync.tree, [(sync.lane, sync.clock)]).is_some() {
            self.trees.join::<M>(ctx.shard, &mut sync.tree, &ctx.tree);
        }
        for (lane, clock) in [(sync.lane, sync.clock), (ctx.lane, ctx.published())] {
            self.trees.raise::<M>(ctx.shard, &mut sync.tree, lane, clock);
        }
        (sync.lane, sync.clock) = (0, 0);
    }
}
