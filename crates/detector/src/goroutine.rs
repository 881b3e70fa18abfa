//! The life of a goroutine: start, end, and its shadow stack.

use crate::Detector;
use crate::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crate::context::{Context, FLAG_MAIN, Frame, KNOWN, NO_STAMP_CELL, Whole};
use crate::cover::Cover;
use crate::epoch::{Clock, Lane};
use crate::history::{FIRST_STACK_CLASS, stack_frames};
use crate::memo::{MEMOS, Memo};
use crate::memory::Memory;
use crate::tree::Tree;

const CONTEXT_CLASS: u32 = 9;
const _: () = assert!(size_of::<Context>() == 1 << CONTEXT_CLASS);

impl<M: Memory> Detector<M> {
    /// Starts a goroutine. `parent` is the spawner's context (`None`: knows of nobody), `pc` the `go` statement's return
    /// address. Everything the spawner did so far is ordered before the new goroutine. Null when memory is exhausted.
    pub fn go_start(&self, parent: Option<&mut Context>, pc: u64, flags: u32) -> *mut Context {
        let (lane, last) = self.take_lane(parent.as_deref());
        let shard = lane;
        let block = self.blocks.alloc(&self.memory, CONTEXT_CLASS, shard);
        let stack = self.blocks.alloc(&self.memory, FIRST_STACK_CLASS, shard);
        if lane == 0 || block == 0 || stack == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return core::ptr::null_mut();
        }
        let (mut tree, mut extra, mut created, mut parent_lane, mut parent_goid) = (Tree::EMPTY, (0, 0), 0, 0, 0);
        let mut cover = Cover::NOTHING;
        let mut known = [const { AtomicU64::new(0) }; KNOWN];
        if let Some(parent) = parent {
            // What the parent was found to know its child knows.
            for (known, of_parent) in known.iter_mut().zip(&parent.known) {
                *known.get_mut() = of_parent.load(Ordering::Relaxed);
            }
            self.flush_extra(parent);
            tree = self.trees.share(&parent.tree);
            extra = (parent.lane, parent.published());
            // What the child knows is what the parent passes on here.
            cover = if self.releases(parent) { Cover::of(parent.lane, parent.published()) } else { Cover::UNKNOWN };
            parent_lane = parent.lane;
            parent_goid = parent.goid.load(Ordering::Relaxed);
            created = self.intern_stack(parent, pc);
            self.tick(parent);
        }
        let base = self.blocks.at::<Frame>(stack);
        let at = self.blocks.at::<Context>(block);
        // SAFETY: a fresh block of just the right size, ours alone.
        unsafe {
            at.write(Context {
                stamp: AtomicU32::new(NO_STAMP_CELL),
                lane,
                top: base,
                limit: base.wrapping_add(stack_frames(FIRST_STACK_CLASS)),
                base,
                goid: AtomicU64::new(0),
                clock: AtomicU32::new(last + 1),
                used: false,
                stack_class: FIRST_STACK_CLASS as u8,
                ignore: 0,
                tree,
                extra,
                chunk: core::ptr::null_mut(),
                cell: 0,
                generation: 0,
                history_clock: 0,
                created,
                shard,
                parent: parent_lane,
                flags,
                learned: 0,
                pc: 0,
                steps: AtomicPtr::new(core::ptr::null_mut()),
                memos: [Memo::NONE; MEMOS],
                whole: Whole::NONE,
                cover,
                told: Context::UNTOLD,
                known,
            });
            if extra.1 != 0 {
                (*at).remember(extra.0, extra.1);
            }
        }
        let info = self.lane_info(lane);
        info.last.store(last, Ordering::Relaxed);
        info.first.store(last + 1, Ordering::Relaxed);
        info.goid.store(u64::from(flags & FLAG_MAIN != 0), Ordering::Relaxed);
        info.created.store(created, Ordering::Relaxed);
        info.parent.store(parent_lane, Ordering::Relaxed);
        info.parent_goid.store(parent_goid, Ordering::Relaxed);
        info.flags.store(flags, Ordering::Relaxed);
        info.context.store(block, Ordering::Release);
        at
    }

    /// Ends a goroutine; its context is gone.
    ///
    /// # Safety
    /// `ctx` came from `go_start` and is not used any more.
    pub unsafe fn go_end(&self, ctx: *mut Context) {
        // SAFETY: ours by contract.
        let context = unsafe { &mut *ctx };
        let lane = context.lane;
        let info = self.lane_info(lane);
        let now = context.now();
        info.last.store(if context.used { now } else { now - 1 }, Ordering::Relaxed);
        info.context.store(0, Ordering::Release);
        if self.history_pressed() {
            while info.oldest.load(Ordering::Relaxed) != info.newest.load(Ordering::Relaxed) {
                self.drop_oldest(lane, context.shard);
            }
        }
        self.trees.drop::<M>(context.shard, context.tree.take());
        self.drop_steps(context);
        let (stack, class) = (self.blocks.index_of(context.base), context.stack_class as u32);
        // SAFETY: the stack and the context came from these classes, and nobody uses them any more.
        unsafe {
            self.blocks.free(&self.memory, class, context.shard, stack);
            let shard = context.shard;
            self.blocks.free(&self.memory, CONTEXT_CLASS, shard, self.blocks.index_of(ctx));
        }
        self.retire_lane(lane, lane);
    }

    /// Tells the engine the goroutine's number.
    #[inline]
    pub fn set_goid(&self, ctx: &Context, goid: u64) {
        if ctx.goid.load(Ordering::Relaxed) != goid && goid != 0 {
            ctx.goid.store(goid, Ordering::Relaxed);
            self.lane_info(ctx.lane).goid.store(goid, Ordering::Relaxed);
        }
    }

    /// Enters a function called from `pc`. `depth` is how far below its stack's top the callee was entered, 0 if unknown.
    #[inline]
    pub fn func_enter(&self, ctx: &mut Context, pc: u64, depth: u32) {
        if ctx.top == ctx.limit && !self.grow_stack(ctx) {
            return;
        }
        // SAFETY: base <= top < limit.
        unsafe { *ctx.top = Frame { pc, depth, node: 0 } };
        ctx.top = ctx.top.wrapping_add(1);
    }

    /// Leaves the function entered last.
    #[inline]
    pub fn func_exit(&self, ctx: &mut Context) {
        if ctx.top > ctx.base {
            ctx.top = ctx.top.wrapping_sub(1);
        }
    }

    /// Drops the frames of functions that were left without an exit hook (by a panic): those that were entered deeper than
    /// `depth`, where the code that runs now is.
    #[inline]
    pub fn drop_stale_frames(&self, ctx: &mut Context, depth: u32) {
        while ctx.top > ctx.base {
            // SAFETY: base <= top - 1 < limit, initialised.
            let frame = unsafe { &*ctx.top.wrapping_sub(1) };
            if depth == 0 || frame.depth <= depth {
                break;
            }
            ctx.top = ctx.top.wrapping_sub(1);
        }
    }

    /// Doubles the memory of a shadow stack.
    #[cold]
    pub fn grow_stack(&self, ctx: &mut Context) -> bool {
        let class = ctx.stack_class as u32;
        let block = self.blocks.alloc(&self.memory, class + 1, ctx.shard);
        if block == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            return false;
        }
        let depth = ctx.depth();
        let base = self.blocks.at::<Frame>(block);
        // SAFETY: the new block holds twice the old one's frames; the old one is no longer referred to afterwards.
        unsafe {
            core::ptr::copy_nonoverlapping(ctx.base, base, depth);
            self.blocks.free(&self.memory, class, ctx.shard, self.blocks.index_of(ctx.base));
        }
        ctx.base = base;
        ctx.top = base.wrapping_add(depth);
        ctx.limit = base.wrapping_add(stack_frames(class + 1));
        ctx.stack_class += 1;
        true
    }

    /// Whether what `ctx` has done and heard of includes `lane`'s time `clock`.
    #[inline]
    pub fn knows(&self, ctx: &Context, lane: Lane, clock: Clock) -> bool {
        if lane == ctx.lane {
            return true;
        }
        let memo = &ctx.known[lane as usize % KNOWN];
        let epoch = u64::from(lane) << 32 | u64::from(clock);
        // Of the same lane, and no earlier.
        if memo.load(Ordering::Relaxed).wrapping_sub(epoch) >> 32 == 0 {
            return true;
        }
        let mut heard = self.trees.get(&ctx.tree, lane);
        if lane == ctx.extra.0 {
            heard = heard.max(ctx.extra.1);
        }
        if heard >= clock {
            ctx.remember(lane, heard);
        }
        heard >= clock
    }

    /// Ends the epoch if anything was recorded in it.
    ///
    /// Without a record at the present clock there is nothing to end: [`Context::published`] leaves that clock out.
    #[inline]
    pub(crate) fn tick(&self, ctx: &mut Context) {
        if ctx.used {
            ctx.used = false;
            ctx.stamp.store(NO_STAMP_CELL, Ordering::Release);
            let now = ctx.now();
            ctx.clock.store(now + 1, Ordering::Relaxed);
            if now >= u32::MAX - 2 {
                self.migrate(ctx);
            }
        }
    }

    /// Moves a goroutine whose clock is used up to a new lane: it knows all of its old one, as if it were its own child.
    #[cold]
    fn migrate(&self, ctx: &mut Context) {
        let (lane, last) = self.take_lane(None);
        if lane == 0 {
            self.limits.reached(&self.limits.out_of_memory);
            ctx.clock.store(u32::MAX - 2, Ordering::Relaxed);
            return;
        }
        self.flush_extra(ctx);
        ctx.extra = (ctx.lane, u32::MAX);
        let (old, info) = (self.lane_info(ctx.lane), self.lane_info(lane));
        info.last.store(last, Ordering::Relaxed);
        info.first.store(last + 1, Ordering::Relaxed);
        for (to, from) in [(&info.created, &old.created), (&info.parent, &old.parent), (&info.flags, &old.flags)] {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        info.goid.store(old.goid.load(Ordering::Relaxed), Ordering::Relaxed);
        info.parent_goid.store(old.parent_goid.load(Ordering::Relaxed), Ordering::Relaxed);
        old.last.store(u32::MAX - 1, Ordering::Relaxed);
        let block = old.context.swap(0, Ordering::AcqRel);
        self.retire_lane(ctx.lane, ctx.shard);
        ctx.lane = lane;
        ctx.clock.store(last + 1, Ordering::Relaxed);
        ctx.chunk = core::ptr::null_mut();
        ctx.memos = [Memo::NONE; MEMOS];
        ctx.whole = Whole::NONE;
        (ctx.cover, ctx.told) = (Cover::UNKNOWN, Context::UNTOLD);
        ctx.history_clock = 0;
        info.context.store(block, Ordering::Release);
    }

    /// Moves [`Context::extra`] into the tree, so that the tree alone says what is known of others.
    #[inline]
    pub(crate) fn flush_extra(&self, ctx: &mut Context) {
        if ctx.extra.1 == 0 {
            return;
        }
        let (lane, clock) = core::mem::take(&mut ctx.extra);
        ctx.learns();
        self.trees.raise::<M>(ctx.shard, &mut ctx.tree, lane, clock);
    }

    /// The context of the goroutine that has `lane`, if one has.
    pub(crate) fn context_of(&self, lane: Lane) -> Option<&Context> {
        let block = self.lane_info(lane).context.load(Ordering::Acquire);
        // SAFETY: a lane's context stays a readable block even if it ends meanwhile; only its atomics are looked at.
        if block == 0 { None } else { Some(unsafe { &*self.blocks.at::<Context>(block) }) }
    }

    /// From now on `ctx` knows of no other lane: it serves somebody else, who has learned nothing yet. What it recorded itself
    /// stays in its lane, so it is ordered before what it does next.
    pub fn begin_anew(&self, ctx: &mut Context) {
        self.tick(ctx);
        self.trees.drop::<M>(ctx.shard, ctx.tree.take());
        ctx.extra = (0, 0);
        self.lane_info(ctx.lane).forgotten.store(u32::MAX, Ordering::Relaxed);
        // What was remembered of objects and of epochs held for what is known no more.
        ctx.whole = Whole::NONE;
        (ctx.cover, ctx.told) = (Cover::UNKNOWN, Context::UNTOLD);
        ctx.known = [const { AtomicU64::new(0) }; KNOWN];
        ctx.memos = [Memo::NONE; MEMOS];
        ctx.learns();
    }

    /// Orders everything that any goroutine did so far before what `ctx` does next. For finalizers: the collector has found the
    /// object unreachable, which orders its users' accesses.
    pub fn acquire_all(&self, ctx: &mut Context) {
        ctx.cover = Cover::UNKNOWN;
        ctx.learns();
        for lane in 1..=self.top_lane() {
            let info = self.lane_info(lane);
            let clock = match self.context_of(lane) {
                Some(other) => other.now(),
                None => info.last.load(Ordering::Relaxed),
            };
            // What it learns from now on and passes on at this clock does not follow from this clock.
            info.forgotten.fetch_max(clock, Ordering::Relaxed);
            if lane != ctx.lane {
                self.trees.raise::<M>(ctx.shard, &mut ctx.tree, lane, clock);
            }
        }
    }
}
