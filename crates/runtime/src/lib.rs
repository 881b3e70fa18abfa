//! The runtime that a Go program carries when it is built by hb.
//!
//! This crate is the only one that speaks the `__tsan_*` ABI of Go's race detector ([`abi`]), maps
//! memory ([`sys`]) and calls back into Go. What it decides, it decides in [`engine`].
//!
//! The object is unusual, because it is delivered as raw bytes inside a Go package (see
//! `crates/hb/build/`):
//!
//! - It has no writable data. All state lies in memory that `__tsan_init` maps at fixed addresses.
//! - It has no relocations that need a load address: neither pointer tables nor a GOT.
//! - It has no undefined symbols: no libc, no unwinder, no thread-locals.
//! - It cannot unwind and prints no panic message: a panic is an invalid instruction.
//!
//! The packer in `crates/hb/build/` refuses an object that breaks one of these rules.
#![no_std]

pub mod abi;
pub mod abi_hb;
pub mod blocks;
mod contract;
mod engine;
pub mod globals;
mod layout;
mod limits;
mod locks;
mod mem;
mod races;
pub mod shadow;
pub mod sys;
mod walk;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    sys::trap()
}
