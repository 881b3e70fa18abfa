//! Locks, `WaitGroup`s, condition variables and timers: what happens at the hooks of [`crate::abi_hb`].

use crate::engine::{Context, explains, known, seen, state};
use crate::races;
use crate::walk::{self, Bounds};
use hb_detector::history::marks::What;
use hb_detector::sync::AtomicEffect;
use hb_detector::{Conflicts, Detector};

/// Bytes of the word that the operations on a lock change.
const WORD: usize = 4;

/// Runs `f` for an operation on the word of the lock at `addr`, by a function that is not instrumented and has called that of
/// `frame`; reports the races of that operation. The operation is said to be where that function was called, so that no frame is
/// pushed for it.
#[inline]
#[expect(clippy::too_many_arguments, reason = "what a hook is given, as it is given")]
fn operate(
    context: Context,
    addr: usize,
    frame: usize,
    stack: *const Bounds,
    goid: usize,
    write: bool,
    what: Option<What>,
    f: impl FnOnce(&Detector<crate::layout::Map>, &mut hb_detector::Context, usize, &mut Conflicts),
) {
    let detector = &state().detector;
    let Some(ctx) = seen(context, goid) else { return };
    if ctx.ignore != 0 || !detector.memory.has(addr) {
        return;
    }
    // SAFETY: the hook's own frame, on the stack of the goroutine itself, which waits for us.
    let (pc, caller_pc) = unsafe { walk::callers(frame) };
    // Where the function was inlined into the instrumented one, its caller is on the shadow stack already.
    let inlined = ctx.frames().last().is_some_and(|frame| frame.pc == caller_pc as u64);
    let at = if inlined { pc } else { caller_pc };
    if let Some(what) = what
        && explains(detector, ctx)
    {
        // SAFETY: as above.
        let call = unsafe { walk::call(ctx, frame, stack) };
        detector.log_sync(ctx, what, addr, call.pc, if call.callee == 0 { pc } else { call.callee });
    }
    let mut conflicts = Conflicts::new();
    f(detector, ctx, at, &mut conflicts);
    if !conflicts.is_empty() {
        races::report(ctx, &conflicts, write, true, WORD, at);
    }
}

/// Takes the lock at `addr`, and what was published at `also`, in the same 8 bytes.
pub fn take(context: Context, addr: usize, also: Option<usize>, frame: usize, stack: *const Bounds, goid: usize) {
    operate(context, addr, frame, stack, goid, true, Some(What::Acquire), |detector, ctx, pc, conflicts| {
        if let Some(also) = also {
            detector.acquire(ctx, also);
        }
        detector.take_lock(ctx, addr, pc as u64, conflicts);
    });
}

/// Takes the lock at `addr`, which others may hold, too.
pub fn take_share(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    operate(context, addr, frame, stack, goid, true, Some(What::Acquire), |detector, ctx, pc, conflicts| {
        detector.take_share(ctx, addr, pc as u64, conflicts);
    });
}

/// Gives back the lock at `addr`, which only the goroutine holds.
pub fn give(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    operate(context, addr, frame, stack, goid, true, Some(What::Release), |detector, ctx, pc, conflicts| {
        detector.give_lock(ctx, addr, pc as u64, conflicts);
    });
}

/// As [`give`], where others give theirs at the same time.
pub fn give_share(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    operate(context, addr, frame, stack, goid, true, Some(What::ReleaseMerge), |detector, ctx, pc, conflicts| {
        detector.give_share(ctx, addr, pc as u64, conflicts);
    });
}

pub fn touch(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    operate(context, addr, frame, stack, goid, true, None, |detector, ctx, pc, conflicts| {
        detector.touch_lock(ctx, addr, pc as u64, conflicts);
    });
}

pub fn wait(context: Context, addr: usize, frame: usize, stack: *const Bounds, goid: usize) {
    operate(context, addr, frame, stack, goid, false, Some(What::Acquire), |detector, ctx, pc, conflicts| {
        detector.atomic(ctx, addr, WORD, pc as u64, conflicts, || ((), AtomicEffect::Load));
    });
}

pub fn edge(context: Context, other: Context) {
    if let (Some(from), Some(to)) = (known(context), known(other))
        && from.ignore == 0
        && context != other
    {
        state().detector.edge(from, to);
    }
}

pub fn meet(context: Context, other: Context, frame: usize, stack: *const Bounds) {
    if let (Some(a), Some(b)) = (known(context), known(other))
        && a.ignore == 0
        && context != other
    {
        let detector = &state().detector;
        if explains(detector, a) {
            // SAFETY: the hook's own frame, on the stack of the goroutine itself, which waits for us.
            let call = unsafe { walk::call(a, frame, stack) };
            detector.log_sync(a, What::ReleaseAcquire, 0, call.pc, call.callee);
        }
        if explains(detector, b) {
            detector.log_sync(b, What::ReleaseAcquire, 0, 0, 0);
        }
        detector.meet(a, b);
    }
}

pub fn fire(context: Context) {
    if let Some(ctx) = known(context) {
        state().detector.begin_anew(ctx);
    }
}
