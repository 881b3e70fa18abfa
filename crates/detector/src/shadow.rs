//! The shadow word: what is known of the accesses to one 8-byte granule, in 64 bits.
//!
//! Either two cells of 32 bits, the latest write (bits 0..32) and the latest read (bits 32..64), each a stamp (24 bits) above a mask of
//! the bytes accessed (8 bits, never 0 in a cell that is in use); or two writes of different bytes, the latest and another one with
//! [`OTHER`] set, where there is no read to keep; or, when that cannot say it, a reference: the index of two such cells
//! for each byte ([`crate::split`]) beside [`SPLIT`], or that of a precise record ([`crate::ext`]) beside [`PRECISE`]. A word of 0 says
//! that nothing is known.
//!
//! Whoever compares halves with the current stamp need not ask first what a word is: the low half of a
//! reference has a stamp that nobody has, the high half has the mask 0. So the high 24 bits of the low half are
//! [`PRECISE`] or [`SPLIT`], its low 8 bits the index's high ones, and the high half is the index's low 24 bits above a zero byte.

use crate::for_assembly::for_assembly;

/// Bits of a stamp in a shadow cell. The highest is 0, or says something else ([`OTHER`]).
pub const STAMP_BITS: u32 = 24;
/// The stamp of a context that has none. It stands in no shadow word.
pub const NO_STAMP: u32 = (1 << STAMP_BITS) - 2;
/// Stamps are 1 to this, exclusive.
pub const STAMP_END: u32 = (1 << (STAMP_BITS - 1)) - 64;

/// Bits 8..32 of a word that refers to a precise record, in the place of a stamp, and above every stamp.
pub const PRECISE: u32 = (1 << STAMP_BITS) - 1;

/// Bits 8..32 of a word whose bytes have cells of their own; above every stamp, too.
pub const SPLIT: u32 = (1 << STAMP_BITS) - 3;

/// In the upper cell of a word: it is a write.
pub const OTHER: u32 = 1 << 31;

/// Where the stamp begins in a cell: behind the mask.
const STAMP_SHIFT: u32 = 8;
/// Where the read cell begins in a word.
const READ_SHIFT: u32 = 32;
/// A reference's index goes up by this for its low bits, and down by [`INDEX_HIGH`] for its high ones.
const INDEX_LOW: u32 = 40;
/// See [`INDEX_LOW`].
const INDEX_HIGH: u32 = 24;

/// Whether a word is two cells, or nothing.
#[inline]
pub const fn is_cells(bits: u64) -> bool {
    (bits as u32 >> 8) < SPLIT
}

const _: () = assert!(STAMP_BITS + STAMP_SHIFT == 32 && INDEX_LOW == READ_SHIFT + STAMP_SHIFT);

for_assembly! {
    /// Where the stamp begins in a cell: behind the mask.
    CELL_STAMP_SHIFT = STAMP_SHIFT;
    /// The least cell that has a stamp. A cell XOR a stamp is below it if it is of that stamp, and then is the mask.
    CELL_STAMP_ONE = 1u32 << STAMP_SHIFT;
    /// The mask of a cell, when it has all bytes.
    CELL_MASK = (1u32 << STAMP_SHIFT) - 1;
    /// Where the read cell begins in a word.
    WORD_READ_SHIFT = READ_SHIFT;
    /// The bit of a word's upper cell that is set when it is a write, too.
    CELL_OTHER_BIT = OTHER.ilog2();
    /// The stamp of the lower half of a word that refers to a precise record. Above [`SPLIT`]'s.
    PRECISE_TAG = PRECISE;
    /// The stamp of the lower half of a word whose bytes have cells of their own.
    SPLIT_TAG = SPLIT;
    /// The least lower half with [`SPLIT`]. In a byte's cells, that of one that is being taken away.
    SPLIT_LOW = SPLIT << STAMP_SHIFT;
    /// The least number above all lower halves with [`SPLIT`].
    SPLIT_END = (SPLIT + 1) << STAMP_SHIFT;
    /// The low bits of a reference's index are this far up in the word,
    INDEX_LOW_SHIFT = INDEX_LOW;
    /// and its high bits this far down.
    INDEX_HIGH_SHIFT = INDEX_HIGH;
}
const _: () = assert!(SPLIT < PRECISE);
const _: () = assert!(NO_STAMP < PRECISE);
const _: () = assert!(STAMP_END <= SPLIT && SPLIT < NO_STAMP);
// With `OTHER` a cell is not one of any stamp, nor one of a context that has none.
const _: () = assert!(STAMP_END << 8 < OTHER - 0x1000);

/// One half of a shadow word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Cell(pub u32);

impl Cell {
    /// A cell of a stamp and a byte mask; empty when the mask is 0.
    #[inline]
    pub const fn new(stamp: u32, mask: u8) -> Self {
        if mask == 0 { Self(0) } else { Self(stamp << 8 | mask as u32) }
    }
    /// The stamp.
    #[inline]
    pub const fn stamp(self) -> u32 {
        self.0 >> 8
    }
    /// The bytes, bit i for byte i of the granule.
    #[inline]
    pub const fn mask(self) -> u8 {
        self.0 as u8
    }
    /// Whether the cell says nothing.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The same stamp with other bytes.
    #[inline]
    pub const fn with_mask(self, mask: u8) -> Self {
        Self::new(self.stamp(), mask)
    }
}

/// A shadow word taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// The latest write and the latest read.
    Cells {
        /// The write.
        write: Cell,
        /// The read.
        read: Cell,
    },
    /// The latest write, and one of other bytes.
    Writes {
        /// The latest.
        write: Cell,
        /// The one of other bytes.
        other: Cell,
    },
    /// The index of the bytes' own cells.
    Split(u32),
    /// The index of a precise record.
    Precise(u32),
}

impl Word {
    /// Whether the word refers to a precise record.
    #[inline]
    pub const fn is_precise(self) -> bool {
        matches!(self, Word::Precise(_))
    }
    /// Takes a word apart.
    #[inline]
    pub const fn unpack(bits: u64) -> Word {
        let index = (bits as u32) << INDEX_HIGH | (bits >> INDEX_LOW) as u32;
        match bits as u32 >> 8 {
            PRECISE => Word::Precise(index),
            SPLIT => Word::Split(index),
            _ if (bits >> 32) as u32 & OTHER != 0 => {
                Word::Writes { write: Cell(bits as u32), other: Cell((bits >> 32) as u32 & !OTHER) }
            }
            _ => Word::Cells { write: Cell(bits as u32), read: Cell((bits >> 32) as u32) },
        }
    }
    /// Puts a word together.
    #[inline]
    pub const fn pack(self) -> u64 {
        match self {
            Word::Cells { write, read } => write.0 as u64 | (read.0 as u64) << 32,
            Word::Writes { write, other } if other.is_empty() => write.0 as u64,
            Word::Writes { write, other } => write.0 as u64 | ((other.0 | OTHER) as u64) << 32,
            Word::Precise(index) => reference(PRECISE, index),
            Word::Split(index) => reference(SPLIT, index),
        }
    }
}

const fn reference(tag: u32, index: u32) -> u64 {
    (tag << STAMP_SHIFT | index >> INDEX_HIGH) as u64 | ((index << STAMP_SHIFT) as u64) << READ_SHIFT
}

/// The mask of the bytes of the granule at `granule` (a multiple of 8) that lie in `[addr, addr + size)`.
#[inline]
pub const fn mask_in(granule: usize, addr: usize, size: usize) -> u8 {
    let from = addr.saturating_sub(granule);
    let end = addr + size - granule;
    let to = if end < 8 { end } else { 8 };
    ((0xffu32 << from) & (0xffu32 >> (8 - to))) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for bits in [0u64, 1, 0x0000_0101_0000_02ff, 0x8000_01fe_0000_0201, 0x0000_0700_ffff_ff00] {
            assert_eq!(Word::unpack(bits).pack(), bits);
        }
        for index in [1, 7, 0x1ff, 0x8765_4321, u32::MAX] {
            for word in [Word::Precise(index), Word::Split(index)] {
                let bits = word.pack();
                assert_eq!(Word::unpack(bits), word);
                assert!(!is_cells(bits));
                assert_eq!(bits >> 32 & 0xff, 0, "no half may look like a cell");
            }
        }
    }

    #[test]
    fn masks_cover_exactly_the_range() {
        for addr in 0usize..16 {
            for size in 1usize..24 {
                for granule in [0usize, 8, 16, 24, 32] {
                    if addr + size <= granule || addr >= granule + 8 {
                        continue;
                    }
                    let mask = mask_in(granule, addr, size);
                    for byte in 0..8 {
                        let inside = granule + byte >= addr && granule + byte < addr + size;
                        assert_eq!(mask >> byte & 1 == 1, inside, "{addr} {size} {granule} {byte}");
                    }
                }
            }
        }
    }
}
