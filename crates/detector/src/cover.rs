//! Which few epochs stand for all that a goroutine knows, so that whether another knows that, too, is seen without looking at it.
//!
//! A join of two clocks costs by what one of them does not have. A worker that comes back to a lock after thousands of others have had
//! it would look through thousands of lanes, only to find that the lock knows more of each. So a goroutine keeps its *cover*: up to
//! two epochs such that whoever knows both knows all that it knows of other lanes. If an object knows the cover, its clock is
//! taken over as it is, in O(1).
//!
//! An epoch can be in a cover if its release was whole ([`crate::Detector::holds_news`]): then whoever knows the epoch knows all that
//! the releaser knew at the release. What a goroutine learns from such a release adds its epoch to the cover, and makes those
//! epochs superfluous that the releaser knew. Where more than two would be needed, or what was learned has no epoch of its own, there is no cover
//! until the goroutine's own next release at a fresh clock, which covers all that it knows then.

use crate::Detector;
use crate::atomic::Ordering;
use crate::context::Context;
use crate::epoch::{Clock, Lane};
use crate::memory::Memory;
use crate::tree::Tree;

/// Up to two epochs; or none is known.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Cover([(Lane, Clock); 2]);

/// A clock of 0 is no epoch; with this lane it says that there is no cover.
const UNKNOWN: Lane = Lane::MAX;

impl Cover {
    /// The cover of who knows nothing.
    pub const NOTHING: Cover = Cover([(0, 0); 2]);
    /// No cover.
    pub const UNKNOWN: Cover = Cover([(UNKNOWN, 0); 2]);

    /// The cover of who knows all that was known at one epoch.
    pub const fn of(lane: Lane, clock: Clock) -> Cover {
        Cover([(lane, clock), (0, 0)])
    }

    #[inline]
    fn known(&self) -> bool {
        self.0[0].0 != UNKNOWN
    }

    /// With one epoch more.
    #[inline]
    fn with(self, lane: Lane, clock: Clock) -> Cover {
        match self.0 {
            [(_, 0), other] | [other, (_, 0)] if self.known() => Cover([other, (lane, clock)]),
            _ => Cover::UNKNOWN,
        }
    }
}

impl<M: Memory> Detector<M> {
    /// What is left of the cover of `ctx` beside somebody who knows `tree` and the epochs `more`: what of it does not follow from
    /// that. `None`: nothing, so all that `ctx` knows is known there.
    #[inline]
    pub(crate) fn uncovered<const N: usize>(
        &self,
        ctx: &Context,
        tree: &Tree,
        more: [(Lane, Clock); N],
    ) -> Option<Cover> {
        if !ctx.cover.known() {
            return Some(Cover::UNKNOWN);
        }
        let mut left = Cover::NOTHING;
        let mut nothing = true;
        for (its, when) in ctx.cover.0 {
            if when != 0
                && (when <= self.lane_info(its).forgotten.load(Ordering::Relaxed)
                    || !(more.iter().any(|&(lane, clock)| its == lane && when <= clock)
                        || self.trees.reaches(tree, its, when)))
            {
                left = left.with(its, when);
                nothing = false;
            }
        }
        if nothing { None } else { Some(left) }
    }

    /// Notes that `ctx` has learned what was known at a release, beside what is `left` of its cover. Not `whole`: no epoch stands for that.
    #[inline]
    pub(crate) fn cover_with(&self, ctx: &mut Context, left: Option<Cover>, lane: Lane, clock: Clock, whole: bool) {
        ctx.cover = match left {
            _ if !whole || clock == 0 => Cover::UNKNOWN,
            None => Cover::of(lane, clock),
            Some(left) => left.with(lane, clock),
        };
    }

    /// Notes that `ctx` releases all that it knows, and says whether the release is whole ([`Detector::holds_news`]): the first at its clock, or
    /// one that passes on what the first did. An older cover is kept: more of the others know it.
    #[inline]
    pub(crate) fn releases(&self, ctx: &mut Context) -> bool {
        if ctx.used {
            ctx.told = ctx.learned;
        }
        let whole = ctx.told == ctx.learned;
        if whole && !ctx.cover.known() {
            ctx.cover = Cover::of(ctx.lane, ctx.published());
        }
        whole
    }
}
