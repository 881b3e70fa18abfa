//! Where in the program a hook was reached that Go calls from functions of its own.
//!
//! Functions of `runtime`, `sync` and the like are not instrumented, so the shadow stack ends in the function that called them and does not say
//! at which of its calls. Frame pointers do: each frame begins with its caller's frame pointer, and the return address lies above it.
//! The innermost instrumented function's frame is the one whose return address is on top of the shadow stack.

use hb_detector::Context;

/// Most frames looked through.
const DEEPEST: usize = 16;

/// The bounds of a goroutine's stack, as Go keeps them: its first address, and the one behind its last.
#[repr(C)]
pub struct Bounds {
    low: usize,
    high: usize,
}

/// A call out of instrumented code.
#[derive(Clone, Copy, Default)]
pub struct Call {
    /// The return address in the innermost instrumented function; 0 if not found.
    pub pc: usize,
    /// The return address in the function that was called there, towards the hook; 0 if that called the hook itself.
    pub callee: usize,
}

/// Finds the call by which the hook was reached. `frame` is the frame pointer of a function that is not instrumented.
///
/// # Safety
/// `bounds` is null or points to the bounds of the stack of the goroutine of `ctx`, which is readable and does not move meanwhile.
#[inline]
pub unsafe fn call(ctx: &Context, frame: usize, bounds: *const Bounds) -> Call {
    // SAFETY: by contract.
    let Some(bounds) = (unsafe { bounds.as_ref() }) else { return Call::default() };
    let Some(top) = ctx.frames().last() else { return Call::default() };
    let (mut frame, mut call) = (frame, Call::default());
    for _ in 0..DEEPEST {
        if frame < bounds.low || frame > bounds.high.wrapping_sub(16) || !frame.is_multiple_of(8) {
            break;
        }
        // SAFETY: two words within the stack.
        let [next, pc] = unsafe { *(frame as *const [usize; 2]) };
        if pc as u64 == top.pc {
            return call;
        }
        call = Call { pc, callee: call.pc };
        if next <= frame {
            break;
        }
        frame = next;
    }
    Call::default()
}

/// Where the function of `frame` was called, and where its caller was.
///
/// # Safety
/// `frame` is the frame pointer of a function whose caller has one, too.
#[inline]
pub unsafe fn callers(frame: usize) -> (usize, usize) {
    // SAFETY: by contract.
    let [next, pc] = unsafe { *(frame as *const [usize; 2]) };
    // SAFETY: by contract.
    let [_, caller] = unsafe { *(next as *const [usize; 2]) };
    (pc, caller)
}
