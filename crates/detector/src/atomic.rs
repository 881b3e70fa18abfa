//! The atomic types of the engine: those of `core`.
//!
//! Built with the feature `scheduled`, which only `crates/schedules` does, they are of the same layout and do the same, but call
//! a hook before each operation. So a test decides there which thread goes on, and tries the engine's own code under orders of
//! steps that no machine would come upon in years.

#[cfg(not(feature = "scheduled"))]
pub use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

#[cfg(feature = "scheduled")]
pub use scheduled::*;

#[cfg(feature = "scheduled")]
mod scheduled {
    use core::sync::atomic::{self as real, AtomicUsize as Word};
    pub use core::sync::atomic::{Ordering, fence};

    static HOOK: Word = Word::new(0);

    /// From now on `hook` is called before each atomic operation.
    pub fn set_hook(hook: fn()) {
        HOOK.store(hook as usize, Ordering::Relaxed);
    }

    fn before() {
        let hook = HOOK.load(Ordering::Relaxed);
        if hook != 0 {
            // SAFETY: only `set_hook` stores there.
            let hook: fn() = unsafe { core::mem::transmute(hook) };
            hook();
        }
    }

    macro_rules! scheduled {
        ($name:ident $(<$type:ident>)?, $value:ty) => {
            #[doc = concat!("[`real::", stringify!($name), "`] with the hook.")]
            #[repr(transparent)]
            #[derive(Default)]
            pub struct $name $(<$type>)? (real::$name $(<$type>)?);

            #[expect(missing_docs, reason = "as in `core`")]
            #[allow(dead_code, reason = "not each type needs each operation")]
            impl $(<$type>)? $name $(<$type>)? {
                pub const fn new(value: $value) -> Self {
                    Self(real::$name::new(value))
                }
                pub fn load(&self, order: Ordering) -> $value {
                    before();
                    self.0.load(order)
                }
                pub fn store(&self, value: $value, order: Ordering) {
                    before();
                    self.0.store(value, order);
                }
                pub fn swap(&self, value: $value, order: Ordering) -> $value {
                    before();
                    self.0.swap(value, order)
                }
                pub fn compare_exchange(
                    &self,
                    old: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    before();
                    self.0.compare_exchange(old, new, success, failure)
                }
                pub fn compare_exchange_weak(
                    &self,
                    old: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.compare_exchange(old, new, success, failure)
                }
                pub fn get_mut(&mut self) -> &mut $value {
                    self.0.get_mut()
                }
                pub fn as_ptr(&self) -> *mut $value {
                    self.0.as_ptr()
                }
            }
        };
    }

    macro_rules! scheduled_number {
        ($name:ident, $value:ty) => {
            scheduled!($name, $value);

            #[expect(missing_docs, reason = "as in `core`")]
            impl $name {
                pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                    before();
                    self.0.fetch_add(value, order)
                }
                pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                    before();
                    self.0.fetch_sub(value, order)
                }
                pub fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                    before();
                    self.0.fetch_or(value, order)
                }
                pub fn fetch_and(&self, value: $value, order: Ordering) -> $value {
                    before();
                    self.0.fetch_and(value, order)
                }
                pub fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                    before();
                    self.0.fetch_max(value, order)
                }
            }
        };
    }

    scheduled!(AtomicBool, bool);
    scheduled!(AtomicPtr<T>, *mut T);
    scheduled_number!(AtomicU8, u8);
    scheduled_number!(AtomicU32, u32);
    scheduled_number!(AtomicU64, u64);
    scheduled_number!(AtomicUsize, usize);
}
