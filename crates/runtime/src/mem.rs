//! The four memory functions that the compiler assumes to exist.
//!
//! Their loops carry data through assembly, because the compiler would recognise a plain copying
//! loop and replace it by a call to the very function it stands in.

use core::arch::asm;

/// Up to this many bytes are copied or set word by word: the string instructions take long to start.
const SHORT: usize = 256;

/// Stores a word in a way that the compiler does not see through.
///
/// # Safety
/// 8 bytes are writable at `to`.
#[inline]
unsafe fn store(to: *mut u8, word: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov [{}], {}", in(reg) to, in(reg) word, options(nostack, preserves_flags)) }
}

/// # Safety
/// As for C's `memcpy`: `n` bytes readable at `src`, writable at `dst`, and no overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    if n <= SHORT {
        let mut at = 0;
        // SAFETY: all within `n` bytes. Opaque, so that the loop is not turned into a call to `memcpy`.
        unsafe {
            while at + 8 <= n {
                let word = src.add(at).cast::<u64>().read_unaligned();
                store(dst.add(at), word);
                at += 8;
            }
            while at < n {
                dst.add(at).write_volatile(src.add(at).read_volatile());
                at += 1;
            }
        }
        return dst;
    }
    // SAFETY: the caller's promise; the direction flag is clear at function entry.
    unsafe {
        asm!("rep movsb", inout("rcx") n => _, inout("rdi") dst => _, inout("rsi") src => _,
             options(nostack, preserves_flags));
    }
    dst
}

/// # Safety
/// As for C's `memmove`: `n` bytes readable at `src` and writable at `dst`; they may overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    if (dst as usize).wrapping_sub(src as usize) >= n {
        // SAFETY: `dst` is not inside the source, so copying upwards reads each byte before it is
        // overwritten, which is all that the forward copy needs.
        return unsafe { memcpy(dst, src, n) };
    }
    // SAFETY: the caller's promise, copying downwards; the direction flag is clear again afterwards.
    unsafe {
        asm!("std", "rep movsb", "cld",
             inout("rcx") n => _,
             inout("rdi") dst.wrapping_add(n).wrapping_sub(1) => _,
             inout("rsi") src.wrapping_add(n).wrapping_sub(1) => _,
             options(nostack));
    }
    dst
}

/// # Safety
/// As for C's `memset`: `n` bytes writable at `dst`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(dst: *mut u8, byte: i32, n: usize) -> *mut u8 {
    if n <= SHORT {
        let mut at = 0;
        // SAFETY: all within `n` bytes. Opaque, so that the loop is not turned into a call to `memset`.
        unsafe {
            while at + 8 <= n {
                store(dst.add(at), u64::from_ne_bytes([byte as u8; 8]));
                at += 8;
            }
            while at < n {
                dst.add(at).write_volatile(byte as u8);
                at += 1;
            }
        }
        return dst;
    }
    // SAFETY: the caller's promise; the direction flag is clear at function entry.
    unsafe {
        asm!("rep stosb", inout("rcx") n => _, inout("rdi") dst => _, in("al") byte as u8,
             options(nostack, preserves_flags));
    }
    dst
}

/// # Safety
/// As for C's `memcmp`: `n` bytes readable at `a` and at `b`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    let mut i = 0;
    // SAFETY: all within `n` bytes.
    while i + 8 <= n && unsafe { a.add(i).cast::<u64>().read_unaligned() == b.add(i).cast::<u64>().read_unaligned() } {
        i += 8;
    }
    while i < n {
        // SAFETY: `i < n`, and the caller promises `n` readable bytes. Volatile, so that the loop
        // is not turned into a call to `memcmp`.
        let (x, y) = unsafe { (a.add(i).read_volatile(), b.add(i).read_volatile()) };
        if x != y {
            return i32::from(x) - i32::from(y);
        }
        i += 1;
    }
    0
}

/// # Safety
/// As for [`memcmp`].
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    // SAFETY: the caller's promise is the same.
    unsafe { memcmp(a, b, n) }
}
