//! Package-level variables, for reports: their names and sizes, read from the program's own file when the first one is asked for.

use crate::sys;
use core::mem;
use hb_wire::symbols::{self, Symbol};
use hb_wire::{Object, ObjectKind};

/// What `/proc/self/auxv` calls the address at which the program was entered.
const AT_ENTRY: u64 = 9;

/// The program's file, and what was found in it last. All-zero memory is one that was not looked at yet.
pub struct Globals {
    looked: bool,
    file: Option<&'static [u8]>,
    entry: usize,
    last: Option<Symbol<'static>>,
}

// SAFETY: zero is a value of an integer and a `bool`, and of both options, in which the null pointer stands for nothing; were it another
// one, this would not compile.
const _: () = assert!(unsafe {
    let globals: Globals = mem::zeroed();
    !globals.looked && globals.file.is_none() && globals.last.is_none()
});

impl Globals {
    /// The variable at an address outside of the heap; its name only if it is `named`.
    pub fn object(&mut self, address: usize, named: bool) -> Object<'static> {
        let found = if named { self.find(address) } else { None };
        let Symbol { name, start, size } = found.unwrap_or(Symbol { name: b"", start: address, size: 0 });
        Object { kind: ObjectKind::Global, start, size, name, allocation: None, content: None }
    }

    fn find(&mut self, address: usize) -> Option<Symbol<'static>> {
        if !self.looked {
            self.looked = true;
            self.file = entry().map(|entry| {
                self.entry = entry;
                // A running program's file cannot be written to; whoever replaces it leaves this one as it is.
                sys::map_file(b"/proc/self/exe\0")
            });
        }
        let near = |symbol: &Symbol<'_>| address.wrapping_sub(symbol.start) < symbol.size;
        if !self.last.as_ref().is_some_and(near) {
            self.last = symbols::find(self.file?, self.entry, address);
        }
        self.last
    }
}

/// Where the program was entered.
fn entry() -> Option<usize> {
    let mut auxiliary = [0; 1024];
    let length = sys::read_file(b"/proc/self/auxv\0", &mut auxiliary);
    let (pairs, _) = auxiliary.get(..length)?.as_chunks::<16>();
    let mut pairs = pairs.iter().map(|pair| u128::from_le_bytes(*pair));
    pairs.find(|pair| *pair as u64 == AT_ENTRY).map(|pair| (pair >> 64) as usize)
}
