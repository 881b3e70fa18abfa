//! Synchronisation: acquire, release, and the atomic operations.
//!
//! A synchronisation object is an address. It has a vector clock; a release puts the releaser's there (or merges it), an
//! acquire takes what is there over. An object with no clock orders nothing. The releaser's epoch ends with the release, so that
//! what it does next is not ordered before the acquirer.

use crate::atomic::Ordering;
use crate::context::{Context, Whole};
use crate::epoch::Kind;
use crate::ext::SyncClock;
use crate::memo::{GIVEN, READ, TAKEN};
use crate::memory::Memory;
use crate::tree::Tree;
use crate::{Conflicts, Detector};

/// What an atomic operation turned out to do: a failed compare-and-swap is a load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtomicEffect {
    /// It read.
    Load,
    /// It wrote without looking.
    Store,
    /// It read and wrote.
    ReadModifyWrite,
}

impl<M: Memory> Detector<M> {
    /// Orders what was released to `addr` before what `ctx` does next.
    #[inline]
    pub fn acquire(&self, ctx: &mut Context, addr: usize) {
        if self.taken_before(ctx, addr) {
            return;
        }
        if let Some(mut locked) = self.locked(ctx.shard, addr, false) {
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, false) {
                self.take_over(ctx, sync);
            }
            self.remember(ctx, &locked, addr, 0, TAKEN, false);
            self.unlock_unchanged(locked);
        }
    }

    /// Orders what `ctx` did so far before whoever acquires `addr` next; what others released there before is replaced.
    #[inline]
    pub fn release(&self, ctx: &mut Context, addr: usize) {
        if self.given_before(ctx, addr) {
            return;
        }
        self.flush_extra(ctx);
        if let Some(mut locked) = self.locked(ctx.shard, addr, true) {
            let mut known = 0;
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, true) {
                self.put(ctx, sync);
                known = TAKEN | GIVEN;
            }
            self.tick(ctx);
            self.remember(ctx, &locked, addr, 0, known, true);
            self.unlock(locked);
        }
    }

    /// As [`Detector::release`], but what others released there stays, too.
    pub fn release_merge(&self, ctx: &mut Context, addr: usize) {
        if self.given_before(ctx, addr) {
            return;
        }
        self.flush_extra(ctx);
        if let Some(mut locked) = self.locked(ctx.shard, addr, true) {
            let mut known = 0;
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, true) {
                self.add(ctx, sync);
                known = GIVEN;
            }
            self.tick(ctx);
            self.remember(ctx, &locked, addr, 0, known, true);
            self.unlock(locked);
        }
    }

    /// Takes over what was released to `addr`, and puts there what `ctx` knew before. What the k-th user of a channel
    /// slot knew reaches the next user and nobody else.
    pub fn release_acquire(&self, ctx: &mut Context, addr: usize) {
        self.flush_extra(ctx);
        if let Some(mut locked) = self.locked(ctx.shard, addr, true) {
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, true) {
                if self.holds_news(ctx, sync) {
                    let (lane, clock, whole) = (sync.lane, sync.clock, sync.whole);
                    let releases_whole = self.releases(ctx);
                    let left = self.uncovered(ctx, &sync.tree, [(lane, clock)]);
                    // The two change places before they are joined, so that the nodes that only the slot had are changed in place.
                    core::mem::swap(&mut sync.tree, &mut ctx.tree);
                    sync.lane = ctx.lane;
                    sync.clock = ctx.published();
                    sync.whole = releases_whole;
                    ctx.learns();
                    if left.is_some() {
                        self.trees.join::<M>(ctx.shard, &mut ctx.tree, &sync.tree);
                    }
                    self.learn(ctx, lane, clock);
                    self.cover_with(ctx, left, lane, clock, whole);
                } else {
                    self.put(ctx, sync);
                }
            }
            self.unlock(locked);
        }
        self.tick(ctx);
    }

    /// Orders what `from` did so far before what `to` does next, without an object between. `to` must not run meanwhile.
    pub fn edge(&self, from: &mut Context, to: &mut Context) {
        self.flush_extra(from);
        self.flush_extra(to);
        let whole = self.releases(from);
        self.learn_all(to, &from.tree, from.lane, from.published(), whole);
        self.tick(from);
    }

    /// Orders what each of the two did so far before what the other does next: they meet at an unbuffered channel. `b` must not
    /// run meanwhile. Both end up with the same tree, so that those who meet often share it.
    pub fn meet(&self, a: &mut Context, b: &mut Context) {
        if self.meet_again(a, b) {
            return;
        }
        self.flush_extra(a);
        self.flush_extra(b);
        let (a_whole, b_whole) = (self.releases(a), self.releases(b));
        let ends = [(a.lane, a.published()), (b.lane, b.published())];
        let (a_left, b_left) = (self.uncovered(a, &b.tree, [ends[1]]), self.uncovered(b, &a.tree, [ends[0]]));
        if b_left.is_some() {
            if a_left.is_none() {
                let old = core::mem::replace(&mut a.tree, self.trees.share(&b.tree));
                self.trees.drop::<M>(a.shard, old);
            } else {
                self.trees.join::<M>(a.shard, &mut a.tree, &b.tree);
            }
        }
        // Each learns the other's epoch, and its own is known to both.
        self.cover_with(a, a_left, b.lane, ends[1].1, b_whole);
        self.cover_with(b, b_left, a.lane, ends[0].1, a_whole);
        for (lane, clock) in ends {
            self.trees.raise::<M>(a.shard, &mut a.tree, lane, clock);
        }
        a.remember(b.lane, ends[1].1);
        b.remember(a.lane, ends[0].1);
        let old = core::mem::replace(&mut b.tree, self.trees.share(&a.tree));
        self.trees.drop::<M>(a.shard, old);
        for ctx in [a, b] {
            ctx.learns();
            self.tick(ctx);
        }
    }

    /// [`Detector::meet`] for two who have learned nothing since they met but from each other: each other's epochs stand beside the tree that
    /// they share. `false`: they are not such.
    fn meet_again(&self, a: &mut Context, b: &mut Context) -> bool {
        let only = |of: &Context, other: &Context| of.extra.1 == 0 || of.extra.0 == other.lane;
        if a.tree != b.tree || !only(a, b) || !only(b, a) {
            return false;
        }
        let (a_whole, b_whole) = (self.releases(a), self.releases(b));
        let (a_end, b_end) = ((a.lane, a.published()), (b.lane, b.published()));
        let a_left = self.uncovered(a, &b.tree, [b_end, b.extra]);
        let b_left = self.uncovered(b, &a.tree, [a_end, a.extra]);
        self.cover_with(a, a_left, b_end.0, b_end.1, b_whole);
        self.cover_with(b, b_left, a_end.0, a_end.1, a_whole);
        for (ctx, other) in [(a, b_end), (b, a_end)] {
            ctx.extra = other;
            ctx.remember(other.0, other.1);
            ctx.learns();
            self.tick(ctx);
        }
        true
    }

    /// An atomic operation on the `size` bytes at `addr`. `op` performs it and says what it was; the order in which operations on
    /// one granule are performed is the order in which their clocks are passed on.
    pub fn atomic<R>(
        &self,
        ctx: &mut Context,
        addr: usize,
        size: usize,
        pc: u64,
        out: &mut Conflicts,
        op: impl FnOnce() -> (R, AtomicEffect),
    ) -> R {
        self.flush_extra(ctx);
        let Some(mut locked) = self.locked(ctx.shard, addr, true) else {
            return op().0;
        };
        let (result, done) = op();
        let granule = addr & !7;
        let mask = crate::shadow::mask_in(granule, addr, size);
        let kind = if matches!(done, AtomicEffect::Load) { Kind::AtomicRead } else { Kind::AtomicWrite };
        let writes = kind.writes();
        // What the operation observed is ordered before it, so it is taken over before the access is checked.
        if !matches!(done, AtomicEffect::Store)
            && let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, writes)
        {
            self.take_over(ctx, sync);
        }
        let recorded = self.access_locked(&mut locked, ctx, granule, mask, kind, out);
        if recorded {
            ctx.used = true;
            self.log_access(ctx, addr, size, kind, pc);
        }
        if writes {
            if let Some(sync) = self.sync_at(&mut locked, ctx.shard, addr, true) {
                self.put(ctx, sync);
            }
            self.unlock(locked);
            self.tick(ctx);
        } else {
            self.remember(ctx, &locked, addr, size, TAKEN | READ, recorded);
            if recorded {
                self.unlock(locked);
            } else {
                self.unlock_unchanged(locked);
            }
        }
        result
    }

    /// Orders what `sync` holds before what `ctx` does next.
    #[inline]
    pub(crate) fn take_over(&self, ctx: &mut Context, sync: &SyncClock) {
        if !self.holds_news(ctx, sync) {
            return;
        }
        self.learn_all(ctx, &sync.tree, sync.lane, sync.clock, sync.whole);
    }

    /// Orders before what `ctx` does next what somebody else knew, who published `clock`. If `ctx` knows no more than that, it is taken over as
    /// it is.
    #[inline]
    fn learn_all(&self, ctx: &mut Context, tree: &Tree, lane: u32, clock: u32, whole: bool) {
        ctx.learns();
        let left = self.uncovered(ctx, tree, [(lane, clock)]);
        if left.is_some() {
            self.trees.join::<M>(ctx.shard, &mut ctx.tree, tree);
        } else if ctx.tree != *tree {
            let old = core::mem::replace(&mut ctx.tree, self.trees.share(tree));
            self.trees.drop::<M>(ctx.shard, old);
        }
        self.learn(ctx, lane, clock);
        self.cover_with(ctx, left, lane, clock, whole);
    }

    /// Whether `sync` may hold more than `ctx` knows, by a look at one epoch in place of all.
    ///
    /// A release at a clock at which something was recorded is the first that passes on this clock, because the clock advances with
    /// it; and one that follows with nothing learned between passes on the same. So whoever knows the clock learned of it, along
    /// whatever chain, from such a release or from one after it; and each link of such a chain passes on all that the releaser knew, which
    /// only grows. So it knows all that the release put into its object, if nothing was added there by others: the object is
    /// then said to be `whole`.
    ///
    /// What does not fit this: a timer's context begins anew, a lane is handed on to a goroutine that does not know of its last owner's
    /// end, and a finalizer knows clocks that were never passed on. Then [`crate::lane::LaneInfo::forgotten`] says up to which
    /// clock of the lane nothing follows.
    #[inline]
    pub(crate) fn holds_news(&self, ctx: &mut Context, sync: &SyncClock) -> bool {
        if !sync.whole {
            return sync.clock != 0 || !sync.tree.is_empty();
        }
        let low = self.lane_info(sync.lane).forgotten.load(Ordering::Relaxed);
        if sync.clock <= low || !self.knows(ctx, sync.lane, sync.clock) {
            return true;
        }
        let known = &mut ctx.whole;
        if known.lane != sync.lane || known.low != low || known.high < sync.clock {
            *known = Whole { lane: sync.lane, low, high: sync.clock };
        }
        false
    }

    #[inline]
    fn learn(&self, ctx: &mut Context, lane: u32, clock: u32) {
        if lane != ctx.lane && clock != 0 {
            self.trees.raise::<M>(ctx.shard, &mut ctx.tree, lane, clock);
            ctx.remember(lane, clock);
        }
    }

    /// Replaces what `sync` holds by what `ctx` knows. `ctx.extra` is flushed.
    #[inline]
    pub(crate) fn put(&self, ctx: &mut Context, sync: &mut SyncClock) {
        if sync.tree != ctx.tree {
            let old = core::mem::replace(&mut sync.tree, self.trees.share(&ctx.tree));
            self.trees.drop::<M>(ctx.shard, old);
        }
        sync.lane = ctx.lane;
        sync.clock = ctx.published();
        sync.whole = self.releases(ctx);
    }

    /// Adds what `ctx` knows to what `sync` holds. `ctx.extra` is flushed.
    #[inline]
    pub(crate) fn add(&self, ctx: &mut Context, sync: &mut SyncClock) {
        if !self.holds_news(ctx, sync) {
            return self.put(ctx, sync);
        }
        sync.whole = false;
        self.releases(ctx);
        if self.uncovered(ctx, &sync.tree, [(sync.lane, sync.clock)]).is_some() {
            self.trees.join::<M>(ctx.shard, &mut sync.tree, &ctx.tree);
        }
        if sync.lane != ctx.lane {
            self.trees.raise::<M>(ctx.shard, &mut sync.tree, sync.lane, sync.clock);
        }
        sync.lane = ctx.lane;
        sync.clock = ctx.published();
    }
}
