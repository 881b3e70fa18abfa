//! Which races were reported before, for `suppress_equal_stacks` and `suppress_equal_addresses`.
//!
//! A set of 64-bit keys in memory that was handed in. Two different races with the same key would be taken for one; with
//! n races reported that has probability about n² / 2⁶⁵, 3 in 10¹² for 10,000.

/// A set of keys; zero stands for an empty place, so zeroed memory is an empty set.
pub struct Seen<'m> {
    places: &'m mut [u64],
}

/// What [`Seen::insert`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The key is new and is kept.
    New,
    /// The key was there.
    Known,
    /// The key is not known to be there, and there is no room to keep it: it will be new again next time.
    NoRoom,
}

/// Places looked at for a key before the set counts as full.
const PROBES: usize = 64;

impl<'m> Seen<'m> {
    /// The set that lies in `places`. Zeroed memory is an empty set; any length is accepted, a power of two is not needed.
    pub fn new(places: &'m mut [u64]) -> Self {
        Seen { places }
    }

    /// Adds `key`.
    pub fn insert(&mut self, key: u64) -> Inserted {
        let key = key.max(1);
        // `checked_rem` is `None` for an empty set.
        let Some(home) = (key as usize).checked_rem(self.places.len()) else {
            return Inserted::NoRoom;
        };
        let (before, from_home) = match self.places.split_at_mut_checked(home) {
            Some(halves) => halves,
            None => return Inserted::NoRoom,
        };
        for place in from_home.iter_mut().chain(before).take(PROBES) {
            if *place == key {
                return Inserted::Known;
            }
            if *place == 0 {
                *place = key;
                return Inserted::New;
            }
        }
        Inserted::NoRoom
    }
}

/// The key of a race by its two stacks, whichever of the accesses came first.
pub fn stacks_key(one: &[usize], other: &[usize]) -> u64 {
    let (one, other) = (hash(one), hash(other));
    mix(mix(one.min(other)) ^ one.max(other)).max(1)
}

/// The key of a race by the source lines of its accesses and the stacks below them, whichever of the accesses came first.
pub fn lines_key(line: u64, outer: &[usize], other_line: u64, other_outer: &[usize]) -> u64 {
    let (one, other) = (mix(hash(outer) ^ line), mix(hash(other_outer) ^ other_line));
    mix(mix(one.min(other)) ^ one.max(other) ^ 0x006c_696e_6573).max(1)
}

/// Adds bytes to a hash that begins with 0.
pub(crate) fn hash_bytes(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(mix(hash ^ bytes.len() as u64), |hash, byte| mix(hash ^ u64::from(*byte)))
}

/// The key of a race by the address; never equal to a stack's key but by accident.
pub fn address_key(address: usize) -> u64 {
    mix(address as u64 ^ 0x6164_6472_6573_7300).max(1)
}

fn hash(pcs: &[usize]) -> u64 {
    pcs.iter().fold(pcs.len() as u64, |hash, pc| mix(hash ^ *pc as u64))
}

/// A bijection of 64-bit words that spreads every bit (the finalizer of SplitMix64 after its increment).
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_new_once() {
        let mut memory = vec![0; 4096];
        let mut seen = Seen::new(&mut memory);
        for round in [Inserted::New, Inserted::Known] {
            for pc in 0..1000 {
                assert_eq!(seen.insert(stacks_key(&[pc], &[1, 2])), round, "{pc}");
            }
        }
    }

    #[test]
    fn a_full_set_says_so() {
        let mut memory = [0; 3];
        let mut seen = Seen::new(&mut memory);
        for key in [5, 6, 8] {
            assert_eq!(seen.insert(key), Inserted::New);
        }
        assert_eq!(seen.insert(9), Inserted::NoRoom);
        assert_eq!(seen.insert(8), Inserted::Known);
        assert_eq!(Seen::new(&mut []).insert(1), Inserted::NoRoom);
        let mut one = [0];
        assert_eq!(Seen::new(&mut one).insert(0), Inserted::New);
        assert_eq!(Seen::new(&mut one).insert(0), Inserted::Known);
    }

    #[test]
    fn keys_do_not_depend_on_the_order_of_the_accesses_only() {
        assert_eq!(stacks_key(&[1, 2], &[3]), stacks_key(&[3], &[1, 2]));
        assert_ne!(stacks_key(&[1, 2], &[3]), stacks_key(&[2, 1], &[3]));
        assert_ne!(stacks_key(&[1], &[2, 3]), stacks_key(&[1, 2], &[3]));
        assert_ne!(stacks_key(&[], &[0]), stacks_key(&[], &[]));
        assert_eq!(lines_key(1, &[2], 3, &[4]), lines_key(3, &[4], 1, &[2]));
        assert_ne!(lines_key(1, &[2], 3, &[4]), lines_key(3, &[2], 1, &[4]));
        assert_ne!(hash_bytes(0, b"ab"), hash_bytes(hash_bytes(0, b"a"), b"b"));
        assert_ne!(address_key(8), address_key(16));
    }
}
