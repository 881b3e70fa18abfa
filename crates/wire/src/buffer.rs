//! A byte buffer over memory that was handed in, with the few ways of writing that reports need.
//!
//! Appending never fails loudly. A piece that does not fit is left out whole, the buffer is marked full, and everything
//! appended after that is left out too, so that there are no holes. Who writes in pieces that must stay whole (a frame, a
//! JSON member) takes a [`Buffer::mark`] first and goes back to it when [`Buffer::is_full`] says so.

/// Bytes appended to a fixed piece of memory.
///
/// Invariant: `len <= limit <= memory.len()`.
pub struct Buffer<'m> {
    memory: &'m mut [u8],
    len: usize,
    limit: usize,
    full: bool,
}

/// A position in a buffer, and whether the buffer was full there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    len: usize,
    full: bool,
}

impl<'m> Buffer<'m> {
    /// An empty buffer over `memory`.
    pub fn new(memory: &'m mut [u8]) -> Self {
        let limit = memory.len();
        Buffer { memory, len: 0, limit, full: false }
    }

    /// What was written so far.
    pub fn as_bytes(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or(&[])
    }

    /// Number of bytes written so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of bytes that the memory holds, used or not.
    pub fn capacity(&self) -> usize {
        self.memory.len()
    }

    /// Whether something was left out and not forgotten by a [`rollback`](Self::rollback).
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// A position to go back to.
    pub fn mark(&self) -> Mark {
        Mark { len: self.len, full: self.full }
    }

    /// Forgets what was written after `mark`, and that some of it did not fit. What was left out before `mark` stays
    /// left out: the buffer is then still full.
    pub fn rollback(&mut self, mark: Mark) {
        self.len = self.len.min(mark.len);
        self.full = mark.full;
    }

    /// Empties the buffer.
    pub fn clear(&mut self) {
        self.len = 0;
        self.full = false;
    }

    /// Lets the next pieces reach up to `limit` bytes in all; a limit past the memory means its end.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(self.memory.len()).max(self.len);
    }

    /// Appends `bytes` whole or not at all.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.full {
            return;
        }
        let room = self
            .memory
            .get_mut(..self.limit)
            .and_then(|memory| memory.get_mut(self.len..))
            .filter(|room| room.len() >= bytes.len());
        match room {
            Some(room) => {
                for (place, byte) in room.iter_mut().zip(bytes) {
                    *place = *byte;
                }
                self.len += bytes.len();
            }
            None => self.full = true,
        }
    }

    /// Appends one byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    /// Appends `number` in decimal.
    pub fn decimal(&mut self, number: u64) {
        self.digits(number, 10, 1);
    }

    /// Appends a signed number in decimal.
    pub fn signed(&mut self, number: i64) {
        if number < 0 {
            self.byte(b'-');
        }
        self.decimal(number.unsigned_abs());
    }

    /// Appends `0x` and `number` in lower-case hexadecimal, with zeros in front up to `width` digits.
    pub fn hexadecimal(&mut self, number: u64, width: usize) {
        self.bytes(b"0x");
        self.digits(number, 16, width);
    }

    /// Appends `number` in `base` (10 or 16) with at least `width` digits, at most 20.
    fn digits(&mut self, number: u64, base: u64, width: usize) {
        let mut digits = [0u8; 20];
        let mut rest = number;
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            let digit = (rest % base) as u8;
            *place = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            rest /= base;
            used += 1;
            if rest == 0 && used >= width {
                break;
            }
        }
        // `used` counts what the loop over the 20 places wrote, from the end.
        self.bytes(digits.get(digits.len() - used..).unwrap_or(&[]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Buffer)) -> String {
        let mut memory = [0; 64];
        let mut buffer = Buffer::new(&mut memory);
        write(&mut buffer);
        String::from_utf8(buffer.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers() {
        for number in [0, 1, 9, 10, 99, 12345, u64::MAX] {
            assert_eq!(written(|b| b.decimal(number)), format!("{number}"));
            assert_eq!(written(|b| b.hexadecimal(number, 1)), format!("{number:#x}"));
            assert_eq!(written(|b| b.hexadecimal(number, 12)), format!("0x{number:012x}"));
        }
        for number in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(written(|b| b.signed(number)), format!("{number}"));
        }
    }

    #[test]
    fn a_piece_is_whole_or_absent_and_leaves_no_hole() {
        let mut memory = [0; 8];
        let mut buffer = Buffer::new(&mut memory);
        buffer.bytes(b"12345");
        let mark = buffer.mark();
        buffer.bytes(b"6789");
        buffer.bytes(b"x");
        assert!(buffer.is_full());
        assert_eq!(buffer.as_bytes(), b"12345");
        let while_full = buffer.mark();
        buffer.rollback(while_full);
        assert!(buffer.is_full(), "what was left out before the mark stays left out");
        buffer.rollback(mark);
        buffer.bytes(b"678");
        assert!(!buffer.is_full());
        assert_eq!(buffer.as_bytes(), b"12345678");
    }

    #[test]
    fn limits() {
        let mut memory = [0; 8];
        let mut buffer = Buffer::new(&mut memory);
        buffer.set_limit(3);
        buffer.bytes(b"1234");
        assert!(buffer.is_full());
        buffer.clear();
        buffer.bytes(b"123");
        buffer.set_limit(1);
        buffer.bytes(b"");
        assert!(!buffer.is_full());
        buffer.set_limit(100);
        buffer.bytes(b"45678");
        assert_eq!(buffer.as_bytes(), b"12345678");
        let mut nothing = Buffer::new(&mut []);
        nothing.byte(b'x');
        assert!(nothing.is_full() && nothing.is_empty());
    }
}
