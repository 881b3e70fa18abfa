//! Epochs: who, and when by its own clock.
//!
//! A *lane* is an identity in vector clocks. A goroutine has one lane at a time; lanes are handed on when their goroutine
//! has ended (see [`crate::lane`] for why that is sound). A *clock* counts the releases of a lane after which something
//! was recorded. An *epoch* is the pair. An [`Entry`] is an epoch with what was accessed in it.
//!
//! Source: Flanagan and Freund, "FastTrack", PLDI 2009, section 3. Deviation: a clock advances at the first record after
//! a release and not at the release, so that goroutines which only synchronise do not use clocks up.

use crate::for_assembly::for_assembly;

/// An identity in vector clocks, below [`LANES`].
pub type Lane = u32;
/// A lane's own time; 0 is before everything.
pub type Clock = u32;

/// Bits of a lane.
pub const LANE_BITS: u32 = 22;
/// How many lanes there are.
pub const LANES: u32 = 1 << LANE_BITS;

/// What kind of access it was. Bit 0: writes. Bit 1: atomic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A plain read.
    Read = 0,
    /// A plain write.
    Write = 1,
    /// An atomic load (or the load of a failed compare-and-swap).
    AtomicRead = 2,
    /// An atomic store or read-modify-write.
    AtomicWrite = 3,
}

impl Kind {
    /// The kind with the given code (its low two bits count).
    #[inline]
    pub const fn from_bits(bits: u8) -> Kind {
        match bits & 3 {
            0 => Kind::Read,
            1 => Kind::Write,
            2 => Kind::AtomicRead,
            _ => Kind::AtomicWrite,
        }
    }

    /// Whether the access changes memory.
    #[inline]
    pub const fn writes(self) -> bool {
        self as u8 & 1 != 0
    }

    /// Whether the access is atomic.
    #[inline]
    pub const fn atomic(self) -> bool {
        self as u8 & 2 != 0
    }

    /// Whether unordered accesses of these kinds to one byte are a race: one writes, and not both are atomic.
    #[inline]
    pub const fn conflicts(self, other: Kind) -> bool {
        (self as u8 | other as u8) & 1 != 0 && (self as u8 & other as u8) & 2 == 0
    }

    /// Whether a record of kind `self` makes an earlier one of kind `old`, on the same bytes and ordered before it, superfluous:
    /// whatever conflicts with `old` and is not ordered after it would conflict with `self` and not be ordered after it.
    #[inline]
    pub const fn covers(self, old: Kind) -> bool {
        match self {
            Kind::Write => true,
            Kind::AtomicWrite => old.atomic(),
            Kind::Read => !old.writes(),
            Kind::AtomicRead => matches!(old, Kind::AtomicRead),
        }
    }
}

/// An epoch with a byte mask and a kind, in 64 bits: clock 0..32, lane 32..54, mask 54..62, kind 62..64.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Entry(pub u64);

impl Entry {
    /// Packs an access. `mask` has bit i for byte i of the granule.
    #[inline]
    pub const fn new(lane: Lane, clock: Clock, mask: u8, kind: Kind) -> Self {
        Self(clock as u64 | (lane as u64) << LANE_SHIFT | (mask as u64) << MASK_SHIFT | (kind as u64) << KIND_SHIFT)
    }
    /// The lane.
    #[inline]
    pub const fn lane(self) -> Lane {
        (self.0 >> LANE_SHIFT) as u32 & (LANES - 1)
    }
    /// The clock.
    #[inline]
    pub const fn clock(self) -> Clock {
        self.0 as u32
    }
    /// The bytes of the granule, bit i for byte i.
    #[inline]
    pub const fn mask(self) -> u8 {
        (self.0 >> MASK_SHIFT) as u8
    }
    /// The kind of access.
    #[inline]
    pub const fn kind(self) -> Kind {
        Kind::from_bits((self.0 >> KIND_SHIFT) as u8)
    }
    /// Whether lane and clock are the same.
    #[inline]
    pub const fn same_epoch(self, other: Self) -> bool {
        (self.0 ^ other.0) << (64 - MASK_SHIFT) == 0
    }
    /// Whether this access makes `new`, of the same epoch, superfluous.
    #[inline]
    pub const fn says(self, new: Self) -> bool {
        self.same_epoch(new) && new.mask() & !self.mask() == 0 && self.kind().covers(new.kind())
    }
    /// The same access to other bytes.
    #[inline]
    pub const fn with_mask(self, mask: u8) -> Self {
        Self(self.0 & !(0xff << MASK_SHIFT) | (mask as u64) << MASK_SHIFT)
    }
}

/// Where the lane begins in an entry, and in an epoch (lane above clock).
const LANE_SHIFT: u32 = 32;
/// Where the mask begins in an entry.
const MASK_SHIFT: u32 = LANE_SHIFT + LANE_BITS;
/// Where the kind begins in an entry.
const KIND_SHIFT: u32 = MASK_SHIFT + 8;
const _: () = assert!(KIND_SHIFT + 2 == 64);

for_assembly! {
    /// Where the lane begins in an entry, and in an epoch (lane above clock).
    ENTRY_LANE_SHIFT = LANE_SHIFT;
    /// The bits of a lane.
    LANE_MASK = LANES - 1;
    /// Where the mask begins in an entry.
    ENTRY_MASK_SHIFT = MASK_SHIFT;
    /// Shifting an entry left by this leaves its epoch.
    ENTRY_EPOCH_SHIFT = 64 - MASK_SHIFT;
    /// The bit of an entry that is set when it writes.
    ENTRY_WRITES_BIT = KIND_SHIFT;
    /// The bit of an entry that is set when it is atomic.
    ENTRY_ATOMIC_BIT = KIND_SHIFT + 1;
}
const _: () = assert!(Kind::Write as u8 == 1 << 0 && Kind::AtomicRead as u8 == 1 << 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_round_trips() {
        for &(l, c, m, k) in
            &[(0, 0, 0, Kind::Read), (LANES - 1, u32::MAX, 0xff, Kind::AtomicWrite), (5, 9, 0x10, Kind::Write)]
        {
            let e = Entry::new(l, c, m, k);
            assert_eq!((e.lane(), e.clock(), e.mask(), e.kind()), (l, c, m, k));
            assert_eq!(e.with_mask(3).mask(), 3);
            assert_eq!(e.with_mask(3).lane(), l);
        }
    }

    /// `covers` against its definition, by trying every third kind.
    #[test]
    fn covering_is_sound() {
        let all = [Kind::Read, Kind::Write, Kind::AtomicRead, Kind::AtomicWrite];
        for new in all {
            for old in all {
                let definition = all.iter().all(|&k| !old.conflicts(k) || new.conflicts(k));
                assert!(!new.covers(old) || definition, "{new:?} {old:?}");
            }
        }
    }
}
