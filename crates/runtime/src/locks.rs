//! Locks, `WaitGroup`s, condition variables and timers: what happens at the hooks of [`crate::abi_hb`].

use crate::engine::{Context, known, seen, state};
use crate::races;
use hb_detector::sync::AtomicEffect;
use hb_detector::{Conflicts, Detector};

/// Bytes of the word that the operations on a lock change.
const WORD: usize = 4;

/// Runs `f` for an operation on the word of the lock at `addr`, at `pc` in a function that is not instrumented and returns to
/// `caller_pc`; reports the races of that operation. The operation is said to be where that function was called, so that no
/// frame is pushed for it.
#[inline]
fn operate(
    context: Context,
    addr: usize,
    pc: usize,
    caller_pc: usize,
    goid: usize,
    write: bool,
    f: impl FnOnce(&Detector<crate::layout::Map>, &mut hb_detector::Context, usize, &mut Conflicts),
) {
    let detector = &state().detector;
    let Some(ctx) = seen(context, goid) else { return };
    if ctx.ignore != 0 || !detector.memory.has(addr) {
        return;
    }
    // Where the function was inlined into the instrumented one, its caller is on the shadow stack already.
    let inlined = ctx.frames().last().is_some_and(|frame| frame.pc == caller_pc as u64);
    let at = if inlined { pc } else { caller_pc };
    let mut conflicts = Conflicts::new();
    f(detector, ctx, at, &mut conflicts);
    if !conflicts.is_empty() {
        races::report(ctx, &conflicts, write, true, WORD, at);
    }
}

/// Takes the lock at `addr`, and what was published at `also`, in the same 8 bytes.
pub fn take(context: Context, addr: usize, also: Option<usize>, pc: usize, caller_pc: usize, goid: usize) {
    operate(context, addr, pc, caller_pc, goid, true, |detector, ctx, pc, conflicts| {
        if let Some(also) = also {
            detector.acquire(ctx, also);
        }
        detector.take_lock(ctx, addr, pc as u64, conflicts);
    });
}

/// Takes the lock at `addr`, which others may hold, too.
pub fn take_share(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    operate(context, addr, pc, caller_pc, goid, true, |detector, ctx, pc, conflicts| {
        detector.take_share(ctx, addr, pc as u64, conflicts);
    });
}

/// Gives back the lock at `addr`, which only the goroutine holds.
pub fn give(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    operate(context, addr, pc, caller_pc, goid, true, |detector, ctx, pc, conflicts| {
        detector.give_lock(ctx, addr, pc as u64, conflicts);
    });
}

/// As [`give`], where others give theirs at the same time.
pub fn give_share(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    operate(context, addr, pc, caller_pc, goid, true, |detector, ctx, pc, conflicts| {
        detector.give_share(ctx, addr, pc as u64, conflicts);
    });
}

#[expect(missing_docs, reason = "described at the ABI function of the same name")]
pub fn touch(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    operate(context, addr, pc, caller_pc, goid, true, |detector, ctx, pc, conflicts| {
        detector.touch_lock(ctx, addr, pc as u64, conflicts);
    });
}

#[expect(missing_docs, reason = "described at the ABI function of the same name")]
pub fn wait(context: Context, addr: usize, pc: usize, caller_pc: usize, goid: usize) {
    operate(context, addr, pc, caller_pc, goid, false, |detector, ctx, pc, conflicts| {
        detector.atomic(ctx, addr, WORD, pc as u64, conflicts, || ((), AtomicEffect::Load));
    });
}

#[expect(missing_docs, reason = "described at the ABI function of the same name")]
pub fn edge(context: Context, other: Context) {
    if let (Some(from), Some(to)) = (known(context), known(other))
        && from.ignore == 0
        && context != other
    {
        state().detector.edge(from, to);
    }
}

#[expect(missing_docs, reason = "described at the ABI function of the same name")]
pub fn meet(context: Context, other: Context) {
    if let (Some(a), Some(b)) = (known(context), known(other))
        && a.ignore == 0
        && context != other
    {
        state().detector.meet(a, b);
    }
}

#[expect(missing_docs, reason = "described at the ABI function of the same name")]
pub fn fire(context: Context) {
    if let Some(ctx) = known(context) {
        state().detector.begin_anew(ctx);
    }
}
